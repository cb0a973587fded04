//! Who takes a connection and says nothing is given up, and named.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use crate::program::{Folder, Ran, avis, avis_in_fed, import_demo};

/// Somebody who takes connections and never answers.
fn silent() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Somebody who begins to answer one request and says no more. The connection stays open for as long as it is kept.
fn breaking_off() -> (std::thread::JoinHandle<TcpStream>, SocketAddr) {
    let (listener, address) = silent();
    let answering = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let read = connection.read(&mut [0; 4096]).unwrap();
        assert!(read > 0, "no request came");
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
        connection.write_all(head.as_bytes()).unwrap();
        connection
    });
    (answering, address)
}

fn given_up(ran: &Ran, address: SocketAddr) {
    assert!(ran.code == 2 && ran.err.contains(&address.to_string()) && ran.err.contains("timeout"), "{ran:?}");
}

/// What is served by a process that hangs: its folder is locked, and its address taken.
#[test]
fn a_process_that_hangs_is_not_waited_for_by_who_administers_its_folder() {
    let files = Folder::new("silent");
    let folder = format!("{}/avis", files.path());
    import_demo(&folder);
    let lock = File::open(format!("{folder}/lock")).unwrap();
    lock.lock().unwrap();
    let (_listener, address) = silent();
    let token = "0123456789abcdef".repeat(2);
    std::fs::write(format!("{folder}/operator.json"), format!(r#"{{"address": "{address}", "token": "{token}"}}"#))
        .unwrap();
    let commands = [&["status", "--folder", &folder][..], &["key", "--folder", &folder, "list"]];
    std::thread::scope(|threads| {
        for ran in commands.map(|arguments| threads.spawn(move || avis(arguments))) {
            given_up(&ran.join().unwrap(), address);
        }
    });
}

#[test]
fn a_control_plane_that_hangs_is_not_waited_for() {
    let files = Folder::new("silent-plane");
    let home = format!("{}/home", files.path());
    let signed_in = |address: SocketAddr| {
        let arguments = ["sign-in", &format!("http://{address}"), "--email", "ieva@avis.lv"];
        avis_in_fed(&[("XDG_CONFIG_HOME", &home)], &arguments, "a long enough password\n")
    };
    let (_listener, never) = silent();
    let (answering, half) = breaking_off();
    std::thread::scope(|threads| {
        for (ran, address) in [never, half].map(|address| (threads.spawn(move || signed_in(address)), address)) {
            given_up(&ran.join().unwrap(), address);
        }
    });
    drop(answering.join().unwrap());
}
