//! The operator's endpoints answer for their own address alone: a page of the web whose name was led to this machine (DNS
//! rebinding) reaches nothing, whatever it knows.

use std::net::SocketAddr;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest};

use crate::http::answer;

/// By which names the endpoints are called.
pub(super) struct OwnAddress(Vec<String>);

impl OwnAddress {
    /// Those of this machine alone, and the address that is listened on.
    pub(super) fn of(bound: SocketAddr) -> Self {
        let port = bound.port();
        let names = ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}"));
        Self(names.into_iter().chain([bound.to_string()]).collect())
    }

    /// Whether a request is for it, by each place in which it says so.
    fn is_called(&self, http: &HttpRequest) -> bool {
        let mut hosts = http.headers().get_all(header::HOST).map(|host| host.to_str().unwrap_or_default());
        let target = http.uri().authority().map(|authority| authority.as_str());
        let is_own = |host: &str| self.0.iter().any(|own| own.eq_ignore_ascii_case(host));
        let (first, second) = (hosts.next(), hosts.next());
        first.is_some_and(is_own) && second.is_none() && target.is_none_or(is_own)
    }
}

/// Answers what is for the own address, and nothing else.
pub(super) async fn guarded(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let own = request.app_data::<Data<OwnAddress>>();
    if own.is_some_and(|own| own.is_called(request.request())) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    Ok(request.into_response(answer::misdirected()))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_the_own_address_is_taken_wherever_it_stands() {
        let own = OwnAddress::of("127.0.0.1:4711".parse().unwrap());
        let called = |uri: &str, hosts: &[&str]| {
            let request = hosts
                .iter()
                .fold(TestRequest::with_uri(uri), |request, host| request.append_header((header::HOST, *host)));
            own.is_called(&request.to_http_request())
        };
        for host in ["127.0.0.1:4711", "localhost:4711", "LOCALHOST:4711", "[::1]:4711"] {
            assert!(called("/", &[host]), "{host}");
        }
        for host in [
            "",
            "127.0.0.1",
            "127.0.0.1:4712",
            "localhost",
            "evil.example:4711",
            "localhost:4711.evil.example",
            "user@localhost:4711",
        ] {
            assert!(!called("/", &[host]), "{host}");
        }
        assert!(!called("/", &[]) && !called("/", &["localhost:4711", "localhost:4711"]));
        assert!(called("http://localhost:4711/", &["localhost:4711"]));
        assert!(!called("http://evil.example/", &["localhost:4711"]));
        assert!(OwnAddress::of("[::1]:1".parse().unwrap()).0.contains(&"[::1]:1".to_owned()));
    }
}
