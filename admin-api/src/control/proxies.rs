//! Proxies before the control plane: what one that is trusted says of a client is believed. What any other says is passed over.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

/// The networks of the proxies that are trusted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

/// Who asks, as far as those between tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Client {
    /// None where it is unknown.
    pub(super) address: Option<IpAddr>,
    /// Whether it can't be overheard what the client sends.
    pub(super) is_encrypted: bool,
}

/// How a request came to a port.
pub(super) struct Arrival<'a> {
    /// Who opened the connection.
    pub(super) peer: Option<IpAddr>,
    /// Whether the connection is encrypted.
    pub(super) is_encrypted: bool,
    /// The values of `x-forwarded-for`, in their order.
    pub(super) forwarded_for: Vec<&'a str>,
    /// The values of `x-forwarded-proto`, in their order.
    pub(super) forwarded_proto: Vec<&'a str>,
}

impl FromStr for Proxies {
    type Err = String;

    /// Addresses and networks with commas between, such as `127.0.0.1, 10.0.0.0/8, fd00::/8`.
    fn from_str(text: &str) -> Result<Self, String> {
        let networks = text.split(',').map(str::trim).filter(|network| !network.is_empty());
        networks.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let address: Option<IpAddr> = address.parse().ok();
        let whole = if address.is_some_and(|address| address.is_ipv6()) { 128 } else { 32 };
        let bits = bits.map_or(Some(whole), |bits| bits.parse().ok().filter(|bits| *bits <= whole));
        let network = address.zip(bits).map(|(address, bits)| Self { address, bits });
        network.ok_or_else(|| "expected addresses and networks such as `127.0.0.1, 10.0.0.0/8`".to_owned())
    }
}

impl Network {
    fn has(&self, address: IpAddr) -> bool {
        let differs = match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros(),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros(),
            _ => return false,
        };
        differs >= self.bits
    }
}

/// An address as proxies write it: some tell the port, too.
fn address(text: &str) -> Option<IpAddr> {
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    text.parse::<IpAddr>().or_else(|_| with_port()).ok()
}

impl Proxies {
    fn are(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.has(address))
    }

    /// The client of a request: each trusted proxy tells from whom it has it, the last one how that one asked.
    pub(super) fn client(&self, arrival: &Arrival<'_>) -> Client {
        let Some(peer) = arrival.peer.filter(|peer| self.are(*peer)) else {
            return Client { address: arrival.peer, is_encrypted: arrival.is_encrypted };
        };
        let told = arrival.forwarded_for.iter().flat_map(|value| value.split(',')).map(str::trim);
        let mut client = peer;
        for before in told.collect::<Vec<_>>().into_iter().rev() {
            // What can't be read is not known further back than the proxy that passed it on.
            let Some(before) = address(before) else { break };
            client = before;
            if !self.are(before) {
                break;
            }
        }
        let proto = arrival.forwarded_proto.iter().flat_map(|value| value.split(',')).next_back();
        let is_encrypted = proto.is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"));
        Client { address: Some(client), is_encrypted }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(proxies: &str, peer: &str, forwarded_for: &[&str], proto: &[&str]) -> (String, bool) {
        let arrival = Arrival {
            peer: peer.parse().ok(),
            is_encrypted: false,
            forwarded_for: forwarded_for.to_vec(),
            forwarded_proto: proto.to_vec(),
        };
        let Client { address, is_encrypted } = proxies.parse::<Proxies>().unwrap().client(&arrival);
        (address.unwrap().to_string(), is_encrypted)
    }

    #[test]
    fn what_a_trusted_proxy_says_is_believed_and_of_no_other() {
        let from = ["203.0.113.9, 192.0.2.7"];
        let told = |proxies: &str, peer: &str| client(proxies, peer, &from, &["https"]);
        assert_eq!(told("", "10.0.0.1"), ("10.0.0.1".into(), false));
        assert_eq!(told("10.0.0.0/8", "11.0.0.1"), ("11.0.0.1".into(), false));
        assert_eq!(told("10.0.0.0/8", "10.0.0.1"), ("192.0.2.7".into(), true), "further back anybody may write");
        assert_eq!(told("10.0.0.0/8, 192.0.2.7", "10.0.0.1"), ("203.0.113.9".into(), true));
        assert_eq!(told("10.0.0.0/8", "::ffff:10.0.0.1"), ("192.0.2.7".into(), true));
        assert_eq!(client("fd00::/8", "fd00::1", &["2001:db8::1"], &["http"]), ("2001:db8::1".into(), false));
        assert_eq!(client("127.0.0.1", "127.0.0.1", &["192.0.2.7:4711"], &[]).0, "192.0.2.7");
        assert_eq!(client("127.0.0.1", "127.0.0.1", &["[2001:db8::1]:4711"], &[]).0, "2001:db8::1");
        assert_eq!(client("127.0.0.1", "127.0.0.1", &[], &[]), ("127.0.0.1".into(), false), "the proxy itself");
        assert_eq!(client("127.0.0.1", "127.0.0.1", &["x, y"], &["http, https"]), ("127.0.0.1".into(), true));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["10.0.0.0/33", "::1/129", "proxy.lv", "10.0.0.1:80", "10.0.0.0/x", "10.0.0.0/8;::1"] {
            assert!(text.parse::<Proxies>().is_err(), "{text}");
        }
        assert_eq!(" , ".parse::<Proxies>(), Ok(Proxies::default()));
    }
}
