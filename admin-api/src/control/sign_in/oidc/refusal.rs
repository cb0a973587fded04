//! Why a sign-in through a provider came to nothing. Who signs in is told that they may begin again; the cause is in the log and in
//! the audit.

/// The cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the state is unknown, was used or is another browser's")]
    State,
    #[error("the provider refused")]
    Provider,
    #[error("the code was refused")]
    Code,
    #[error("no token that can be read")]
    Malformed,
    #[error("no token that says who signed in")]
    NoToken,
    #[error("an algorithm that is not taken")]
    Algorithm,
    #[error("a key that the provider does not publish")]
    Key,
    #[error("a wrong signature")]
    Signature,
    #[error("another issuer")]
    Issuer,
    #[error("another audience")]
    Audience,
    #[error("another authorized party")]
    AuthorizedParty,
    #[error("expired")]
    Expired,
    #[error("not valid yet")]
    NotYet,
    #[error("another nonce")]
    Nonce,
    #[error("a sign-in of long ago")]
    Stale,
    #[error("another subject")]
    Subject,
    #[error("the claim that names the person is missing or another")]
    Claim,
    #[error("who signs in does so for another")]
    Delegated,
    #[error("the provider does not answer as it should")]
    Away,
}
