//! What is typed as a flag or as an answer, and what it means; or why it cannot be used, as a sentence. Shapes only: nothing
//! is looked up on the network.

use crate::mail::address;
use crate::problem::nearest;
use crate::templates::built_in;

/// Somebody with an address.
#[derive(Debug, Clone)]
pub struct Person {
    pub name: String,
    pub address: String,
}

/// Codes of languages that letters are built in for; never empty.
#[derive(Debug, Clone)]
pub struct Languages(pub Vec<String>);

pub fn built_in_languages() -> String {
    built_in::languages().collect::<Vec<_>>().join(", ")
}

pub fn parse_address(given: &str) -> Result<String, String> {
    address::check(given.trim())
        .map(|()| given.trim().to_owned())
        .map_err(|why| format!("{why}."))
}

pub fn parse_zone(given: &str) -> Result<chrono_tz::Tz, String> {
    given.parse().map_err(|_| {
        let near = nearest(given, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        match near {
            Some(near) => format!("There is no time zone of this name; did you mean {near}?"),
            None => "Write it by its IANA name, as in Europe/Zurich.".to_owned(),
        }
    })
}

/// A server's name, and a port where one is given: `mail.example.org`, `127.0.0.1:1143`, `[::1]:1143`.
pub fn parse_host(given: &str) -> Result<(String, Option<u16>), String> {
    let whole = (given.to_owned(), None);
    let parts = match given.rsplit_once(':') {
        // More colons are an IPv6 address, which has its port behind brackets.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            let port = port
                .parse()
                .map_err(|_| format!("{port:?} is no port; write a number behind the colon."))?;
            (host.trim_matches(['[', ']']).to_owned(), Some(port))
        }
        _ => whole,
    };
    if parts.0.is_empty()
        || parts
            .0
            .contains(|c: char| c.is_whitespace() || c == '/' || c == '@')
    {
        return Err("Write the server's name alone, such as mail.example.org.".into());
    }
    Ok(parts)
}

pub fn parse_languages(given: &str) -> Result<Languages, String> {
    let codes: Vec<String> = given
        .split([',', ' '])
        .filter(|code| !code.is_empty())
        .map(str::to_lowercase)
        .collect();
    let unknown = codes
        .iter()
        .find(|code| !built_in::languages().any(|it| it == code.as_str()));
    match unknown {
        Some(code) => Err(format!(
            "There are no letters in {code:?} yet; choose of {}. Others can be translated later.",
            built_in_languages()
        )),
        None if codes.is_empty() => Err("Write at least one, as in en.".into()),
        None => Ok(Languages(codes)),
    }
}

pub fn parse_person(given: &str) -> Result<Person, String> {
    let (name, address) = given
        .split_once('<')
        .and_then(|(name, rest)| Some((name.trim(), rest.trim().strip_suffix('>')?)))
        .filter(|(name, _)| !name.is_empty())
        .ok_or("write it as \"Name <address>\"")?;
    Ok(Person {
        name: name.to_owned(),
        address: parse_address(address)?,
    })
}
