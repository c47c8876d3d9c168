//! A DNS server on loopback that knows a few records (RFC 1035), for signatures and for what a domain publishes.

use std::net::{SocketAddr, UdpSocket};
use std::thread;

/// (type, name, value): "TXT", "MX" with its server's name, "PTR".
pub type Record = (&'static str, String, String);

/// Answers until the test process ends; what it does not know does not exist.
pub fn serve(records: Vec<Record>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut question = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            if let Some(answer) = answer(&question[..length], &records) {
                let _ = socket.send_to(&answer, from);
            }
        }
    });
    address
}

fn answer(question: &[u8], records: &[Record]) -> Option<Vec<u8>> {
    let (mut at, mut labels) = (12, Vec::new());
    loop {
        let length = usize::from(*question.get(at)?);
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(question.get(at + 1..=at + length)?).to_lowercase());
        at += 1 + length;
    }
    let name = labels.join(".");
    let kind = match question.get(at + 2)? {
        12 => "PTR",
        15 => "MX",
        16 => "TXT",
        _ => "",
    };
    let found: Vec<&Record> = records
        .iter()
        .filter(|(known, of, _)| *known == kind && *of == name)
        .collect();
    let exists = records.iter().any(|(_, of, _)| *of == name);
    let mut out = question[..2].to_vec();
    // An answer, with authority; no error, or no such name.
    out.extend([0x84, if exists { 0 } else { 3 }, 0, 1, 0]);
    out.push(u8::try_from(found.len()).unwrap());
    out.extend([0, 0, 0, 0]);
    out.extend(&question[12..at + 5]);
    for (_, _, value) in found {
        let data = match kind {
            "TXT" => value
                .as_bytes()
                .chunks(255)
                .flat_map(|chunk| {
                    std::iter::once(u8::try_from(chunk.len()).unwrap()).chain(chunk.iter().copied())
                })
                .collect(),
            "MX" => [vec![0, 10], encoded(value)].concat(),
            _ => encoded(value),
        };
        out.extend([0xc0, 12]);
        out.extend(&question[at + 1..at + 5]);
        out.extend([0, 0, 0, 60]);
        out.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        out.extend(data);
    }
    Some(out)
}

fn encoded(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.') {
        out.push(u8::try_from(label.len()).unwrap());
        out.extend(label.as_bytes());
    }
    out.push(0);
    out
}
