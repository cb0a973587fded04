//! Passwords: long ones of any kind, hashed with Argon2id, a few at a time.

use std::sync::{Condvar, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::control::problem::{Code, Problem};
use crate::control::secret::{hex, random, unhex};

/// Characters of a password.
pub(crate) const LEAST: usize = 15;
/// Characters of a password.
pub(crate) const MOST: usize = 128;

/// KiB of memory, passes and lanes of Argon2id: what OWASP asks for at least.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
/// Hashes that are made at once: each takes 19 MiB.
const AT_ONCE: usize = 2;
/// Who may wait for one; beyond it is said at once that too many wait.
const WAITING_MAX: usize = 32;

/// What is made of a password, with the costs of its time.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct PasswordHash {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
    hash: String,
}

/// Lets few passwords be hashed at once.
#[derive(Debug, Default)]
pub(crate) struct PasswordGate {
    standing: Mutex<Standing>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Standing {
    running: usize,
    waiting: usize,
}

/// A place at the gate, given back when it is dropped.
struct Turn<'a>(&'a PasswordGate);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.standing.lock().unwrap_or_else(PoisonError::into_inner).running -= 1;
        self.0.freed.notify_one();
    }
}

impl PasswordGate {
    fn turn(&self) -> Result<Turn<'_>, Problem> {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        if standing.running >= AT_ONCE {
            if standing.waiting >= WAITING_MAX {
                return Err(Code::Overloaded.into());
            }
            standing.waiting += 1;
            // Each hash takes a fraction of a second, so the wait has an end.
            standing = self
                .freed
                .wait_while(standing, |standing| standing.running >= AT_ONCE)
                .unwrap_or_else(PoisonError::into_inner);
            standing.waiting -= 1;
        }
        standing.running += 1;
        Ok(Turn(self))
    }

    /// Hashes a new password under a salt of its own.
    ///
    /// # Errors
    /// Too many who wait; a system without randomness.
    pub(crate) fn hash(&self, password: &str) -> Result<PasswordHash, Problem> {
        let salt = random::<16>()?;
        let (memory_kib, passes, lanes) = COST;
        let made = PasswordHash { memory_kib, passes, lanes, salt: hex(&salt), hash: String::new() };
        let hash = self.of(password, &made)?;
        Ok(PasswordHash { hash, ..made })
    }

    /// Whether a password is the one. Without an account the same work is done, and the answer is no.
    ///
    /// # Errors
    /// Too many who wait.
    pub(crate) fn is(&self, password: &str, known: Option<&PasswordHash>) -> Result<bool, Problem> {
        let (memory_kib, passes, lanes) = COST;
        let nobody = PasswordHash { memory_kib, passes, lanes, salt: hex(&[0; 16]), hash: String::new() };
        let hash = self.of(password, known.unwrap_or(&nobody))?;
        // Hashes of a long random salt: what is compared tells nothing of the password.
        Ok(known.is_some_and(|known| known.hash == hash))
    }

    fn of(&self, password: &str, under: &PasswordHash) -> Result<String, Problem> {
        let _turn = self.turn()?;
        let failed = |error: argon2::Error| {
            tracing::error!(target: "avis::control", %error, "a password could not be hashed");
            Problem::from(Code::Failed)
        };
        let params = Params::new(under.memory_kib, under.passes, under.lanes, Some(32)).map_err(failed)?;
        let salt = unhex(&under.salt).unwrap_or_default();
        let mut hash = [0; 32];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon2.hash_password_into(one_form(password).as_bytes(), &salt, &mut hash).map_err(failed)?;
        Ok(hex(&hash))
    }
}

/// What many choose, of 15 characters or more, in lower case and without blanks.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password in one form, however a keyboard composes its letters.
fn one_form(password: &str) -> String {
    password.nfc().collect()
}

/// In lower case, in one form and without blanks.
fn plain(text: &str) -> String {
    one_form(text).to_lowercase().chars().filter(|character| !character.is_whitespace()).collect()
}

/// Refuses a password that others would try first.
///
/// # Errors
/// One that is common, that repeats itself, or that holds the own name or address, or a word of the name.
pub(crate) fn check(password: &str, own: &[&str]) -> Result<(), Problem> {
    let password = plain(password);
    let is_common = COMMON.lines().any(|common| password == common);
    let words = own.iter().flat_map(|own| own.split_whitespace().map(plain).chain([plain(own)]));
    let contains_own = words.into_iter().any(|word| word.chars().count() >= 4 && password.contains(&word));
    if is_common || repeats(&password) || is_row(&password) || contains_own {
        let detail = "expected a password that is not common, repeats nothing, and holds neither name nor address";
        return Err(Problem::at("/password", detail));
    }
    Ok(())
}

/// Whether it is one piece of up to 8 characters again and again.
fn repeats(text: &str) -> bool {
    let characters: Vec<char> = text.chars().collect();
    (1..=8).any(|length| characters.iter().zip(characters.iter().skip(length)).all(|(one, other)| one == other))
}

/// Whether each character follows the one before, as in `abcdefghijklmno` or `987654321…`.
fn is_row(text: &str) -> bool {
    let steps: Vec<i64> = text
        .chars()
        .zip(text.chars().skip(1))
        .map(|(one, other)| i64::from(u32::from(other)) - i64::from(u32::from(one)))
        .collect();
    // From 9 it goes on at 0.
    [1, -1].iter().any(|step| steps.iter().all(|other| other == step || *other == -9 * step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_and_no_other_is() {
        let gate = PasswordGate::default();
        let hash = gate.hash("correct horse battery").unwrap();
        assert!(gate.is("correct horse battery", Some(&hash)).unwrap());
        let hash_of_composed = gate.hash("upe b\u{113}rni lieli").unwrap();
        assert!(gate.is("upe be\u{304}rni lieli", Some(&hash_of_composed)).unwrap(), "however it is composed");
        assert!(!gate.is("correct horse batterz", Some(&hash)).unwrap());
        assert!(!gate.is("correct horse battery", None).unwrap());
        assert_ne!(gate.hash("correct horse battery").unwrap().hash, hash.hash, "each has a salt of its own");
    }

    #[test]
    fn what_others_try_first_is_refused() {
        let own = ["anna@example.lv", "anna", "Bērziņa", "Jānis Kalns Liepa"];
        for password in [
            "passwordpassword",
            "aaaaaaaaaaaaaaaa",
            "123456789012345",
            "abcdefghijklmnop",
            "qwertyuiopasdfgh",
            "Password12345678",
            "hello anna@example.lv",
            "my name is bērziņa",
            "jānis kalns liepa 26",
            "mūsu kalns un upe 9",
            "ber\u{304}ziņa un be\u{304}rzin\u{327}a",
        ] {
            assert!(check(password, &own).is_err(), "{password}");
        }
        for password in ["correct horse battery staple", "ūdens zem tilta tek", "0123-not-a-row-98"] {
            assert!(check(password, &own).is_ok(), "{password}");
        }
    }

    #[test]
    fn beyond_those_who_may_wait_it_is_said_at_once() {
        let gate = PasswordGate::default();
        *gate.standing.lock().unwrap() = Standing { running: AT_ONCE, waiting: WAITING_MAX };
        assert_eq!(gate.hash("any").map(|_| ()).unwrap_err().code, Code::Overloaded);
    }
}
