//! A server that follows a script, for what no honest server does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use pairpost::mail::account::{Security, Server};

/// One thing that the server does.
#[derive(Clone, Debug)]
pub enum Do {
    /// Sends the text with a line end. `TAG` stands for the first word of the last line heard that had more
    /// than one.
    Say(String),
    /// Sends exactly these bytes.
    SayRaw(Vec<u8>),
    /// Reads a line, which must contain the text; the script ends when the client has gone.
    Hear(&'static str),
    /// Reads a letter up to the final dot.
    HearLetter,
    /// Reads so many bytes.
    HearBytes(usize),
    Wait(Duration),
    /// Keeps the connection open and says nothing until the client goes.
    Stall,
}

pub fn say(text: impl Into<String>) -> Do {
    Do::Say(text.into())
}

/// A running script.
pub struct Scripted {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    /// Serves one connection per script, one after the other, and then no more.
    pub fn new(scripts: Vec<Vec<Do>>) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let notes = heard.clone();
        thread::spawn(move || {
            for script in scripts {
                let (stream, _) = listener.accept().unwrap();
                notes.lock().unwrap().push("(connected)".into());
                play(&stream, script, &notes);
                // Only our half: what was said last must still arrive.
                let _ = stream.shutdown(Shutdown::Write);
            }
        });
        Scripted { port, heard }
    }

    pub fn server(&self, security: Security) -> Server {
        Server {
            host: "127.0.0.1".into(),
            port: self.port,
            security,
            tls_ca_file: None,
            tls_name: None,
        }
    }

    /// What clients sent, line by line; a letter is one entry. Waits a moment for the last of it.
    pub fn heard(&self) -> Vec<String> {
        thread::sleep(Duration::from_millis(50));
        self.heard.lock().unwrap().clone()
    }

    pub fn connections(&self) -> usize {
        self.heard()
            .iter()
            .filter(|line| *line == "(connected)")
            .count()
    }
}

fn play(stream: &TcpStream, script: Vec<Do>, notes: &Mutex<Vec<String>>) {
    let mut writer = stream;
    let mut reader = BufReader::new(stream);
    let mut tag = String::new();
    for step in script {
        let done = match step {
            Do::Say(text) => {
                writer.write_all(format!("{}\r\n", text.replace("TAG", &tag)).as_bytes())
            }
            Do::SayRaw(bytes) => writer.write_all(&bytes),
            Do::Wait(time) => {
                thread::sleep(time);
                Ok(())
            }
            Do::Stall => {
                let mut rest = Vec::new();
                let end = reader.read_to_end(&mut rest);
                notes
                    .lock()
                    .unwrap()
                    .push(String::from_utf8_lossy(&rest).into_owned());
                end.map(|_| ())
            }
            Do::HearBytes(count) => reader.read_exact(&mut vec![0; count]),
            Do::HearLetter => {
                let mut letter = String::new();
                while !letter.ends_with("\r\n.\r\n") && letter != ".\r\n" {
                    if reader.read_line(&mut letter).unwrap_or(0) == 0 {
                        break;
                    }
                }
                notes.lock().unwrap().push(letter);
                Ok(())
            }
            Do::Hear(expected) => {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    return;
                }
                let line = line.trim_end().to_owned();
                if let Some((first, _)) = line.split_once(' ') {
                    tag = first.to_owned();
                }
                notes.lock().unwrap().push(line.clone());
                if !line.contains(expected) {
                    notes.lock().unwrap().push(format!("(expected {expected})"));
                    return;
                }
                Ok(())
            }
        };
        if done.is_err() {
            return;
        }
    }
}
