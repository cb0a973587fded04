//! A provider that says whatever a test wants, signed with a key that it publishes.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

/// What it answers, by path: a status, a media type and a body.
type Answers = Arc<Mutex<HashMap<String, (u16, &'static str, String)>>>;

pub(crate) struct Forger {
    pub(crate) issuer: String,
    key: EcdsaKeyPair,
    answers: Answers,
}

impl Forger {
    /// On loopback, with a description and a key as they should be.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let answers = Answers::default();
        let answering = answers.clone();
        std::thread::spawn(move || listener.incoming().for_each(|stream| answer(&stream.unwrap(), &answering)));
        let forger = Self { issuer, key, answers };
        let issuer = &forger.issuer;
        forger.says(
            "/.well-known/openid-configuration",
            200,
            &json!({"issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"), "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"), "jwks_uri": format!("{issuer}/keys")}),
        );
        let (x, y) = forger.key.public_key().as_ref()[1..].split_at(32);
        let key = json!({"kty": "EC", "crv": "P-256", "kid": "1", "x": encoded(x), "y": encoded(y)});
        forger.says("/keys", 200, &json!({"keys": [key]}));
        forger
    }

    /// Answers so under a path.
    pub(crate) fn says(&self, path: &str, status: u16, body: &Value) {
        self.answers.lock().unwrap().insert(path.to_owned(), (status, "application/json", body.to_string()));
    }

    /// Leads elsewhere under a path.
    pub(crate) fn leads(&self, path: &str, to: &str) {
        let status = (302, "application/json", to.to_owned());
        self.answers.lock().unwrap().insert(path.to_owned(), status);
    }

    /// Answers with a token under a path.
    pub(crate) fn says_signed(&self, path: &str, token: String) {
        self.answers.lock().unwrap().insert(path.to_owned(), (200, "application/jwt; charset=utf-8", token));
    }

    /// Answers so under a path; what it said there before.
    pub(crate) fn says_for_now(&self, path: &str, body: &Value) -> Value {
        let before = self.answers.lock().unwrap()[path].2.clone();
        self.says(path, 200, body);
        serde_json::from_str(&before).unwrap()
    }

    /// Gives a token for the next code.
    pub(crate) fn gives(&self, token: &str) {
        self.says("/token", 200, &json!({"access_token": "a", "token_type": "Bearer", "id_token": token}));
    }

    /// A token with a header and claims, signed by its key.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", encoded(signature))
    }
}

pub(crate) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads one request and answers by its path.
fn answer(stream: &TcpStream, answers: &Answers) {
    let (mut reader, mut line, mut length) = (BufReader::new(stream), String::new(), 0);
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        match line.trim().to_lowercase().strip_prefix("content-length:") {
            Some(told) => length = told.trim().parse().unwrap(),
            None if line.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let nothing = || (404, "text/plain", String::new());
    let (status, media_type, body) = answers.lock().unwrap().get(&path).cloned().unwrap_or_else(nothing);
    let location = if status == 302 { format!("location: {body}\r\n") } else { String::new() };
    let head = format!(
        "HTTP/1.1 {status} x\r\n{location}content-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // Who reads no more of it has its reasons.
    let mut stream = stream;
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
}
