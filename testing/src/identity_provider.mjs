// An identity provider of OpenID Connect on loopback: whoever comes signs in as the `login_hint` that they bring.
// Settings come as JSON in the first argument, the address goes to standard output; it ends with its standard input.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

// Nobody reads on behind the address.
console.info = console.warn = () => {};

const { secret, redirects, scope } = JSON.parse(process.argv[2]);
const key = async (alg) => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid: alg };
};
const client = (client_id, method, id_token_signed_response_alg, userinfo_signed_response_alg) => ({
  client_id,
  client_secret: secret,
  redirect_uris: redirects,
  id_token_signed_response_alg,
  userinfo_signed_response_alg,
  token_endpoint_auth_method: method,
});

let answer;
const server = createServer((request, response) => answer(request, response));
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    client('avis', 'client_secret_basic', 'RS256'),
    client('avis-form', 'client_secret_post', 'ES256', 'ES256'),
    client('avis-mixed', 'client_secret_basic', 'ES256', 'RS256'),
  ],
  jwks: { keys: [await key('RS256'), await key('ES256')] },
  scopes: ['openid', scope],
  claims: { openid: ['sub'], [scope]: ['serial_number'] },
  features: { devInteractions: { enabled: false }, jwtUserinfo: { enabled: true } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ['of this run alone'] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, serial_number: id }) }),
  loadExistingGrant: async (context) => {
    const grant = new context.oidc.provider.Grant({
      clientId: context.oidc.client.clientId,
      accountId: context.oidc.session.accountId,
    });
    grant.addOIDCScope(`openid ${scope}`);
    await grant.save();
    return grant;
  },
});
const asked = provider.callback();
answer = async (request, response) => {
  if (!request.url.startsWith('/interaction/')) return asked(request, response);
  const { params } = await provider.interactionDetails(request, response);
  return provider.interactionFinished(request, response, { login: { accountId: params.login_hint } });
};

console.log(issuer);
process.stdin.resume().on('end', () => process.exit());
