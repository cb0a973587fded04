//! The calls that the simulator makes: those of any till, to a real engine.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

/// How long an answer may take.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// Bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// What stands for the key wherever a call is shown.
const KEY: &str = "$KEY";

/// A call of a terminal.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// In capitals.
    pub(super) method: &'static str,
    /// From `/v1` on.
    pub(super) path: String,
    /// Of the terminal.
    pub(super) key: String,
    /// None where none is sent.
    pub(super) body: Option<Value>,
}

/// What an engine answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    /// Of HTTP.
    pub(super) status: u16,
    /// Those that are worth showing.
    pub(super) headers: Vec<(String, String)>,
    /// As it came.
    pub(super) body: String,
}

/// Who answers calls.
pub(super) trait Engine: Send + Sync {
    /// Makes a call.
    ///
    /// # Errors
    /// That no answer came, in words.
    fn call(&self, call: &Call) -> Result<Reply, String>;

    /// Where it is, for who wants to call it as well.
    fn url(&self) -> &str;
}

/// An engine at an address.
pub(super) struct Remote {
    agent: Agent,
    url: String,
}

impl Remote {
    /// At an address such as `http://127.0.0.1:8320`.
    pub(super) fn at(url: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.timeout_global(Some(ANSWER_TIME)).build().into();
        Self { agent, url: url.trim_end_matches('/').to_owned() }
    }
}

/// Headers of an answer that a till heeds.
const SHOWN: [&str; 4] = ["avis-training", "idempotent-replayed", "avis-standing", "retry-after"];

impl Engine for Remote {
    fn call(&self, call: &Call) -> Result<Reply, String> {
        let request = Request::builder().method(call.method).uri(format!("{}{}", self.url, call.path));
        let request = request.header("authorization", format!("Bearer {}", call.key));
        let sent = match &call.body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string());
                self.agent.run(request.map_err(|error| error.to_string())?)
            }
            None => self.agent.run(request.body(()).map_err(|error| error.to_string())?),
        };
        let mut response = sent.map_err(|error| error.to_string())?;
        let headers = SHOWN.iter().filter_map(|name| {
            let value = response.headers().get(*name)?.to_str().ok()?;
            Some(((*name).to_owned(), value.to_owned()))
        });
        let headers = headers.collect();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_string();
        Ok(Reply { status, headers, body: body.map_err(|error| error.to_string())? })
    }

    fn url(&self) -> &str {
        &self.url
    }
}

impl Call {
    /// As it goes over the wire, with a placeholder for the key.
    pub(super) fn written(&self) -> String {
        let mut text = format!("{} {}\nauthorization: Bearer {KEY}\n", self.method, self.path);
        if let Some(body) = &self.body {
            text += &format!("content-type: application/json\n\n{}\n", pretty(body));
        }
        text
    }

    /// A line for a shell that makes the call, with a placeholder for the key.
    pub(super) fn curl(&self, url: &str) -> String {
        let start = format!("curl -s '{url}{}' -H \"authorization: Bearer {KEY}\"", self.path);
        match &self.body {
            // A single quote ends a quoted word of the shell, so it is written outside of it.
            Some(body) => {
                let body = body.to_string().replace('\'', r"'\''");
                format!("{start} -H 'content-type: application/json' -d '{body}'")
            }
            None => start,
        }
    }
}

impl Reply {
    /// As it came, its JSON laid out for people.
    pub(super) fn written(&self) -> String {
        let mut text = format!("HTTP {}\n", self.status);
        for (name, value) in &self.headers {
            text += &format!("{name}: {value}\n");
        }
        let body = serde_json::from_str(&self.body).map_or_else(|_| self.body.clone(), |json: Value| pretty(&json));
        format!("{text}\n{body}\n")
    }
}

fn pretty(json: &Value) -> String {
    serde_json::to_string_pretty(json).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_shown_without_its_key_and_quoted_for_the_shell() {
        let call = Call {
            method: "POST",
            path: "/v1/quote".to_owned(),
            key: "avis_secret".to_owned(),
            body: Some(json!({"a": "it's"})),
        };
        let curl = call.curl("http://127.0.0.1:8320");
        assert_eq!(
            curl,
            r#"curl -s 'http://127.0.0.1:8320/v1/quote' -H "authorization: Bearer $KEY" -H 'content-type: application/json' -d '{"a":"it'\''s"}'"#
        );
        assert!(!call.written().contains("secret") && !curl.contains("secret"));
    }
}
