//! A bad line: stands between the program and a server, and cuts a connection after so many bytes of a direction, carries
//! slowly, or breaks some connections by chance.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Line {
    /// Both directions end when so many bytes have gone up (to the server), or down.
    pub cut_up: Option<usize>,
    pub cut_down: Option<usize>,
    /// Bytes a second, each way.
    pub rate: Option<usize>,
    pub latency: Duration,
}

/// A running proxy; it ends with its test.
pub struct Proxy {
    pub port: u16,
    line: Arc<Mutex<Line>>,
    up: Arc<AtomicU64>,
    down: Arc<AtomicU64>,
}

impl Proxy {
    pub fn to(server: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let line = Arc::new(Mutex::new(Line::default()));
        let (up, down) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let proxy = Proxy {
            port,
            line: line.clone(),
            up: up.clone(),
            down: down.clone(),
        };
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(server) else {
                    continue;
                };
                for stream in [&client, &server] {
                    stream.set_nodelay(true).unwrap();
                }
                let line = *line.lock().unwrap();
                let (from_server, to_client) =
                    (server.try_clone().unwrap(), client.try_clone().unwrap());
                let (up, down) = (up.clone(), down.clone());
                thread::spawn(move || carry(client, server, line, line.cut_up, &up));
                thread::spawn(move || carry(from_server, to_client, line, line.cut_down, &down));
            }
        });
        proxy
    }

    /// What becomes of connections from now on.
    pub fn becomes(&self, line: Line) {
        *self.line.lock().unwrap() = line;
    }

    /// Bytes that have gone up and down so far.
    pub fn carried(&self) -> (usize, usize) {
        (
            self.up.load(Ordering::SeqCst) as usize,
            self.down.load(Ordering::SeqCst) as usize,
        )
    }
}

fn carry(
    mut from: TcpStream,
    mut to: TcpStream,
    line: Line,
    cut: Option<usize>,
    count: &AtomicU64,
) {
    let mut left = cut.unwrap_or(usize::MAX);
    let mut buffer = [0; 4096];
    while left > 0 {
        let Ok(length @ 1..) = from.read(&mut buffer) else {
            // An end is passed on; what the other direction still has to say goes on.
            let _ = to.shutdown(Shutdown::Write);
            return;
        };
        let length = length.min(left);
        let carrying = line.rate.map_or(0.0, |rate| length as f64 / rate as f64);
        thread::sleep(line.latency + Duration::from_secs_f64(carrying));
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
        count.fetch_add(length as u64, Ordering::SeqCst);
        left -= length;
    }
    // The line is cut: neither hears anything more.
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
