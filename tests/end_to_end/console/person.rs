//! Somebody at a browser without scripts: pages are read, forms are filled and sent.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use ureq::http::HeaderMap;

use crate::program::Server;

/// The password of every user of the demo.
pub(super) use crate::plane::DEMO_PASSWORD as PASSWORD;

/// Somebody at a browser.
pub(super) struct Person<'s> {
    server: &'s Server,
    agent: ureq::Agent,
    cookies: RefCell<BTreeMap<String, String>>,
}

/// A page as it came.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) head: HeaderMap,
    pub(super) html: String,
}

impl Page {
    pub(super) fn header(&self, name: &str) -> &str {
        self.head.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads; it has to lead somewhere.
    pub(super) fn leads_to(&self) -> String {
        assert_eq!(self.status, 303, "{}", self.text());
        self.header("location").to_owned()
    }

    /// What a person reads of its content.
    pub(super) fn text(&self) -> String {
        let main = self.html.split("<main").nth(1).unwrap_or(&self.html);
        let text: String = main.split('<').map(|part| part.split_once('>').map_or("", |(_, text)| text)).collect();
        decoded(&text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The names of its forms.
    pub(super) fn steps(&self) -> Vec<&str> {
        let main = self.html.split("<main").nth(1).unwrap_or_default();
        let forms = main.split("<form method=\"post\"").skip(1);
        forms.filter_map(|form| form.split_once(" id=\"")?.1.split('"').next()).collect()
    }

    /// What stands in a form.
    pub(super) fn form(&self, step: &str) -> Vec<(String, String)> {
        let forms = self.html.split("<form ").skip(1).map(|form| form.split("</form>").next().unwrap());
        let begins = format!("id=\"{step}");
        let form = forms.into_iter().find(|form| form.split('>').next().unwrap().contains(&begins));
        let form = form.unwrap_or_else(|| panic!("no form `{step}`: {}", self.text()));
        let attribute = |tag: &str, name: &str| {
            let value = tag.split_once(&format!(" {name}=\""))?.1.split('"').next()?;
            Some(decoded(value))
        };
        let mut fields = Vec::new();
        for part in form.split('<').skip(1) {
            let (tag, rest) = part.split_once('>').unwrap_or((part, ""));
            let Some(name) = attribute(tag, "name") else { continue };
            let is_box = tag.contains("type=\"checkbox\"");
            match tag.split_whitespace().next().unwrap() {
                "input" if !is_box || tag.contains(" checked") => {
                    fields.push((name, attribute(tag, "value").unwrap_or_default()));
                }
                "textarea" => fields.push((name, decoded(rest.trim_start_matches('\n')))),
                "select" => {
                    // As a browser does: what is chosen, else the first.
                    let options = rest_of(form, part).split("<option ").skip(1);
                    let mut options = options.map(|option| option.split('>').next().unwrap());
                    let first = options.clone().next();
                    let chosen = options.find(|option| option.contains(" selected")).or(first);
                    let value = chosen.and_then(|option| attribute(&format!(" {option}"), "value"));
                    fields.push((name, value.unwrap_or_default()));
                }
                _ => {}
            }
        }
        fields
    }
}

/// A choice of a form from its beginning to its end.
fn rest_of<'f>(form: &'f str, part: &str) -> &'f str {
    form.split_once(part).map_or("", |(_, rest)| rest.split("</select>").next().unwrap())
}

/// Entities as what they stand for.
fn decoded(text: &str) -> String {
    let mut parts = text.split('&');
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';').unwrap();
        let number = entity.trim_start_matches('#').parse::<u32>().ok().and_then(char::from_u32);
        all.push(number.unwrap_or(match entity {
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            _ => '&',
        }));
        all.push_str(rest);
    }
    all
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

impl<'s> Person<'s> {
    pub(super) fn nobody(server: &'s Server, language: &str) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let cookies = RefCell::new(BTreeMap::from([("avis-language".to_owned(), language.to_owned())]));
        Self { server, agent: config.build().into(), cookies }
    }

    /// A user of the demo.
    pub(super) fn user(server: &'s Server, email: &str) -> Self {
        let person = Self::nobody(server, "en");
        let entered = person.sign_in(email);
        assert_eq!(entered.status, 303, "{email}: {}", entered.text());
        person
    }

    pub(super) fn sign_in(&self, email: &str) -> Page {
        self.send("/sign-in", &[("do", "sign_in"), ("email", email), ("password", PASSWORD), ("then", "/")])
    }

    /// Keeps a choice.
    pub(super) fn choose(&self, cookie: &str, value: &str) {
        self.cookies.borrow_mut().insert(cookie.to_owned(), value.to_owned());
    }

    /// Loses a cookie, as at the end of a session.
    pub(super) fn forget(&self, cookie: &str) {
        self.cookies.borrow_mut().remove(cookie);
    }

    fn cookie(&self) -> String {
        let pairs = self.cookies.borrow();
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn came(&self, mut response: ureq::http::Response<ureq::Body>) -> Page {
        let head = response.headers().clone();
        for cookie in head.get_all("set-cookie") {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.borrow_mut().insert(name.to_owned(), value.to_owned());
        }
        // A file need not be text.
        let html = String::from_utf8_lossy(&response.body_mut().read_to_vec().unwrap()).into_owned();
        Page { status: response.status().as_u16(), head, html }
    }

    /// Asks until it is not too often.
    fn patiently(&self, ask: impl Fn() -> ureq::http::Response<ureq::Body>) -> Page {
        avis_testing::eventually("a page", || self.came(ask()), |page| page.status != 429)
    }

    pub(super) fn get(&self, path: &str) -> Page {
        self.patiently(|| self.agent.get(self.server.url(path)).header("cookie", self.cookie()).call().unwrap())
    }

    /// Goes from a page of this host to another one.
    pub(super) fn goes_to(&self, path: &str) -> Page {
        let ask = || {
            let asked = self.agent.get(self.server.url(path)).header("cookie", self.cookie());
            asked.header("sec-fetch-site", "same-origin").call()
        };
        self.patiently(|| ask().unwrap())
    }

    /// Asks for something of a media type.
    pub(super) fn get_as(&self, media_type: &str, path: &str) -> Page {
        let ask = || {
            self.agent.get(self.server.url(path)).header("cookie", self.cookie()).header("accept", media_type).call()
        };
        self.patiently(|| ask().unwrap())
    }

    /// Sends fields from a page of this host.
    pub(super) fn send(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.send_from("same-origin", path, fields)
    }

    /// Sends fields from a site.
    pub(super) fn send_from(&self, site: &str, path: &str, fields: &[(&str, &str)]) -> Page {
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.patiently(|| {
            let request = self.agent.post(self.server.url(path)).header("cookie", self.cookie());
            let request = request.header("sec-fetch-site", site).content_type("application/x-www-form-urlencoded");
            request.send(&body).unwrap()
        })
    }

    /// Sends a body of another kind than a form's from a page of this host.
    pub(super) fn send_body(&self, path: &str, content_type: &str, body: &str) -> Page {
        self.send_body_from("same-origin", path, content_type, body)
    }

    /// Sends it from a site.
    pub(super) fn send_body_from(&self, site: &str, path: &str, content_type: &str, body: &str) -> Page {
        self.patiently(|| {
            let request = self.agent.post(self.server.url(path)).header("cookie", self.cookie());
            let request = request.header("sec-fetch-site", site).content_type(content_type);
            request.send(body).unwrap()
        })
    }

    /// Begins to send a body of which more is announced, and breaks off.
    pub(super) fn send_broken_off(&self, path: &str, content_type: &str, body: &str) {
        let url = self.server.url("");
        let host = url.trim_start_matches("http://").trim_end_matches('/');
        let mut wire = TcpStream::connect(host).unwrap();
        let (cookie, length) = (self.cookie(), body.len() + 1_000);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\nsec-fetch-site: same-origin\r\ncontent-type: \
             {content_type}\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        wire.write_all(head.as_bytes()).unwrap();
        wire.shutdown(Shutdown::Write).unwrap();
        // The server answers or closes; it does not wait for what never comes.
        let mut answer = Vec::new();
        let _ = wire.read_to_end(&mut answer);
    }

    /// Opens a page and takes a step of it, with other values in some fields. Of a long draft a place and the JSON are a link away.
    pub(super) fn step(&self, path: &str, step: &str, changes: &[(&str, &str)]) -> Page {
        let mut page = self.get(path);
        if path.starts_with("/drafts/") && !page.steps().contains(&step) {
            page = match step.strip_prefix("set:") {
                Some(place) => self.get(&format!("{path}?open={place}")),
                None => self.get(&format!("{path}?json=yes")),
            };
        }
        self.step_of(&page, path, step, changes)
    }

    /// Takes a step of a page that was opened before.
    pub(super) fn step_of(&self, page: &Page, path: &str, step: &str, changes: &[(&str, &str)]) -> Page {
        let mut fields = page.form(step);
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.send(path, &fields)
    }
}
