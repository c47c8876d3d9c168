//! Addresses, and text from strangers made fit to be shown or sent.
//!
//! An address is kept and written to exactly as its owner gave it; two addresses are the same person's when their
//! [`comparable`] forms are equal. Nothing is folded that a server might tell apart (dots, `+tags`), because a match
//! in one form and a letter to another is how accounts are stolen. No I/O here.

use std::net::IpAddr;

use icu_normalizer::ComposingNormalizerBorrowed;
use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// Local part and domain, in octets (RFC 5321 section 4.5.3.1).
const LOCAL_PART_MAX: usize = 64;
const ADDRESS_MAX: usize = 254;

/// Why a text is no address that we write to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    #[error("an address looks like name@example.org")]
    NotAnAddress,
    #[error("the part before the @ has characters that we cannot write to")]
    LocalPart,
    #[error(
        "the part before the @ has letters outside A to Z, which many mail servers cannot carry"
    )]
    LocalPartNotAscii,
    #[error("the part after the @ is no domain name")]
    Domain,
    #[error("the address is too long")]
    TooLong,
}

/// Is this an address that we may write to? Strict: one dot-atom (RFC 5322 section 3.2.3), one domain of at least
/// two labels. Quoted local parts, comments, routes, address literals and white space are refused.
pub fn check(address: &str) -> Result<(), AddressError> {
    comparable(address).map(|_| ())
}

/// The form in which two addresses are compared: ASCII lower-case, the domain as A-labels.
/// A letter is never sent to this form, only to the stored one.
pub fn comparable(address: &str) -> Result<String, AddressError> {
    let (local, domain) = address.rsplit_once('@').ok_or(AddressError::NotAnAddress)?;
    if local.is_empty() || domain.is_empty() {
        return Err(AddressError::NotAnAddress);
    }
    if !local.is_ascii() {
        return Err(AddressError::LocalPartNotAscii);
    }
    if !local.split('.').all(is_atom) {
        return Err(AddressError::LocalPart);
    }
    // IDNA would drop some characters and read others as dots; what is stored must be what is compared.
    let odd = |c: char| match c {
        _ if c.is_ascii() => !c.is_ascii_alphanumeric() && c != '-' && c != '.',
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => true,
        _ => is_invisible(c) || c.is_control() || c.is_whitespace(),
    };
    if domain.contains(odd) || domain.parse::<IpAddr>().is_ok() {
        return Err(AddressError::Domain);
    }
    let domain = Uts46::new()
        .to_ascii(
            domain.as_bytes(),
            AsciiDenyList::STD3,
            Hyphens::CheckFirstLast,
            DnsLength::Verify,
        )
        .map_err(|_| AddressError::Domain)?;
    let numeric_end = domain
        .rsplit('.')
        .next()
        .is_none_or(|label| label.bytes().all(|b| b.is_ascii_digit()));
    if !domain.contains('.') || numeric_end {
        return Err(AddressError::Domain);
    }
    if local.len() > LOCAL_PART_MAX || local.len() + 1 + domain.len() > ADDRESS_MAX {
        return Err(AddressError::TooLong);
    }
    // What carries our letters must agree, or a letter to it could never be written.
    if !can_be_carried(local, &domain) {
        return Err(AddressError::LocalPart);
    }
    Ok(format!("{}@{domain}", local.to_ascii_lowercase()))
}

/// Whether what carries our letters takes this address.
pub fn can_be_carried(local: &str, domain: &str) -> bool {
    let address: Result<lettre::Address, _> = format!("{local}@{domain}").parse();
    address.is_ok()
}

/// Do two texts name the same mailbox? What is no address is the same as nothing.
pub fn same(one: &str, other: &str) -> bool {
    matches!((comparable(one), comparable(other)), (Ok(one), Ok(other)) if one == other)
}

/// RFC 5322 `atext`, at least one.
fn is_atom(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
}

/// Text from outside, made fit for one line in a header, a letter or on a coordinator's screen: composed (NFC), no
/// control characters, line ends or invisible and direction-changing characters, single spaces, at most `limit`
/// characters; what had to be cut ends in `…`.
///
/// Without this a display name with a line end in it (`=?utf-8?q?a=0D=0Ab?=` decodes to one) makes lettre panic.
pub fn clean(text: &str, limit: usize) -> String {
    let visible: String = text
        .chars()
        .filter_map(|c| match c {
            _ if is_invisible(c) => None,
            _ if c.is_control() || c.is_whitespace() => Some(' '),
            _ => Some(c),
        })
        .collect();
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&visible);
    let line = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= limit {
        return line;
    }
    let kept: String = line.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// Characters that no reader sees but that change what is seen: zero-width ones, direction marks and overrides, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Is there a CR without LF or a LF without CR? Such a message could end early for the server and go on as a second
/// one (SMTP smuggling; RFC 5321 section 2.3.8 allows the two only together).
pub fn has_bare_newline(bytes: &[u8]) -> bool {
    let mut ends = 0;
    for at in memchr::memchr_iter(b'\n', bytes) {
        if at.checked_sub(1).and_then(|before| bytes.get(before)) != Some(&b'\r') {
            return true;
        }
        ends += 1;
    }
    // Each LF has a CR of its own, so a CR more is one without LF.
    memchr::memchr_iter(b'\r', bytes).count() != ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_for_an_address_can_be_written_to() {
        let mut taken = 0;
        for byte in 0x20..0x7f_u8 {
            let c = char::from(byte);
            for address in [
                format!("{c}@people.test"),
                format!("a{c}b@people.test"),
                format!("{c}a@people.test"),
                format!("a{c}@people.test"),
                format!("{}{c}@people.test", "a".repeat(63)),
                format!("a@pe{c}ple.test"),
            ] {
                if check(&address).is_ok() {
                    taken += 1;
                    assert!(address.parse::<lettre::Address>().is_ok(), "{address}");
                }
            }
        }
        assert!(taken > 300, "{taken}");
    }

    /// T9: pairs of addresses, and whether a message from the one counts as the other's. Where two programs could read them in two
    /// ways they are two people's, or no address at all.
    const PAIRS: [(&str, &str, bool); 62] = [
        // Case of letters, on both sides of the @.
        ("Ana.Lima@Example.ORG", "ana.lima@example.org", true),
        ("ANA@EXAMPLE.ORG", "ana@example.org", true),
        ("o'neil+x@example.org", "O'NEIL+X@example.org", true),
        ("a_b-c@x.example", "A_B-C@X.EXAMPLE", true),
        ("Ana@example.org", "Ana@example.org", true),
        // A name of letters beyond ASCII, and its form on the wire.
        ("jo@BÜCHER.example", "jo@xn--bcher-kva.example", true),
        ("jo@bücher.example", "jo@bu\u{308}cher.example", true),
        ("jo@उदाहरण.example", "jo@xn--p1b6ci4b4b3a.example", true),
        ("jo@straße.example", "jo@xn--strae-oqa.example", true),
        ("jo@XN--BCHER-KVA.example", "jo@bücher.example", true),
        ("jo@ΠΑΡΆΔΕΙΓΜΑ.example", "jo@παράδειγμα.example", true),
        ("jo@пример.example", "jo@ПРИМЕР.example", true),
        ("jo@例え.example", "jo@xn--r8jz45g.example", true),
        ("jo@ＥＸＡＭＰＬＥ.org", "jo@example.org", true), // IDNA maps full-width letters
        ("jo@ﬁsh.example", "jo@fish.example", true),
        // Dots, tags and hyphens are not folded.
        ("ana.lima@example.org", "analima@example.org", false),
        ("ana@example.org", "ana+news@example.org", false),
        ("ana+a@example.org", "ana+b@example.org", false),
        ("ana@example.org", "ana-news@example.org", false),
        ("a.n.a@gmail.example", "ana@gmail.example", false),
        ("ana@gmail.example", "ana@googlemail.example", false),
        ("ana_lima@example.org", "ana.lima@example.org", false),
        ("ana@example.org", "ana%example.org@relay.example", false),
        ("ana@example.org", "relay.example!ana@example.org", false),
        ("ana=example.org@relay.example", "ana@example.org", false),
        // Another domain.
        ("ana@example.org", "ana@example.com", false),
        ("ana@example.org", "ana@mail.example.org", false),
        ("ana@example.org", "ana@example.org.evil.example", false),
        ("ana@example.org", "ana@exarnple.org", false),
        ("ana@example.org", "ana@examp1e.org", false),
        ("jo@strasse.example", "jo@straße.example", false),
        ("jo@bücher.example", "jo@bucher.example", false),
        ("jo@bücher.example", "jo@buecher.example", false),
        ("jo@fass.example", "jo@faß.example", false),
        ("jo@σας.example", "jo@σασ.example", false), // a final sigma is a letter of its own
        // Letters of other alphabets that look the same.
        ("ana@example.org", "ana@exаmple.org", false), // Cyrillic а
        ("ana@example.org", "ana@еxample.org", false), // Cyrillic е
        ("ana@example.org", "ana@examрle.org", false), // Cyrillic р
        ("ana@example.org", "ana@eхample.org", false), // Cyrillic х
        ("ana@example.org", "ana@examplе.org", false),
        ("ana@example.org", "ana@exαmple.org", false), // Greek α
        ("ana@koop.example", "ana@kοοp.example", false), // Greek ο
        ("ana@example.org", "ana@ехамрlе.org", false),
        ("ana@scope.example", "ana@ѕсоре.example", false), // a whole Cyrillic word
        ("ana@example.org", "ana@xn--exmple-4nf.org", false), // the same as A-label
        ("ana@example.org", "aна@example.org", false),
        ("ana@example.org", "аna@example.org", false), // Cyrillic а before the @: no address
        // Upper and lower case that are no pair in ASCII (the account of another by a reset of the password).
        ("mike@example.org", "m\u{131}ke@example.org", false), // a dotless i
        ("MIKE@example.org", "M\u{130}KE@example.org", false),
        ("kim@example.org", "\u{212a}im@example.org", false), // the sign for kelvin
        ("sam@example.org", "\u{17f}am@example.org", false),  // a long s
        ("jo@mike.example", "jo@m\u{131}ke.example", false),
        // What is not seen.
        ("ana@example.org", "a\u{200b}na@example.org", false),
        ("ana@example.org", "ana@exam\u{200b}ple.org", false),
        ("ana@example.org", "ana@exam\u{ad}ple.org", false),
        ("ana@example.org", "ana@example.org\u{200f}", false),
        ("ana@example.org", "ana\u{0}@example.org", false),
        ("ana@example.org", "ana@example\u{3002}org", false), // an ideographic full stop
        // Other ways to write an address are none.
        ("ana@example.org", "\"ana\"@example.org", false),
        ("ana@example.org", "ana(comment)@example.org", false),
        ("ana@example.org", " ana@example.org", false),
        ("not an address", "not an address", false),
    ];

    #[test]
    fn addresses_are_the_same_persons_only_where_nobody_could_tell_them_apart() {
        for (one, other, expected) in PAIRS {
            assert_eq!(same(one, other), expected, "{one:?} and {other:?}");
            assert_eq!(same(other, one), expected, "{other:?} and {one:?}");
        }
    }

    /// The form for comparing is stable, and itself an address: who is found by it is written to at what is stored.
    #[test]
    fn the_form_in_which_addresses_are_compared_is_one_of_them() {
        let texts = PAIRS.iter().flat_map(|(one, other, _)| [one, other]);
        let mut taken = 0;
        for form in texts.filter_map(|text| comparable(text).ok()) {
            assert_eq!(comparable(&form), Ok(form.clone()));
            assert!(form.is_ascii(), "{form}");
            taken += 1;
        }
        assert!(taken > 90, "{taken}");
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason() {
        use AddressError::*;
        for (text, reason) in [
            ("", NotAnAddress),
            ("ana", NotAnAddress),
            ("@example.org", NotAnAddress),
            ("ana@", NotAnAddress),
            ("a@x@example.org", LocalPart),
            ("<ana@example.org>", LocalPart),
            ("ana lima@example.org", LocalPart),
            (" ana@example.org", LocalPart),
            ("\"ana lima\"@example.org", LocalPart),
            (".ana@example.org", LocalPart),
            ("ana.@example.org", LocalPart),
            ("a..b@example.org", LocalPart),
            ("a\r\nRCPT TO:<b@example.org", LocalPart),
            ("a\0@example.org", LocalPart),
            ("josé@example.org", LocalPartNotAscii),
            ("ana@localhost", Domain),
            ("ana@example.org ", Domain),
            ("ana@example.org>", Domain),
            ("ana@[192.0.2.1]", Domain),
            ("ana@192.0.2.1", Domain),
            ("ana@1.2.3.4.5", Domain),
            ("ana@example..org", Domain),
            ("ana@-example.org", Domain),
            ("ana@example_.org", Domain),
            ("ana@example.org\r\nX: y", Domain),
            ("ana@exam\u{200b}ple.org", Domain),
            ("ana@example\u{ff0e}org", Domain), // a full-width dot
            ("ana@xn--.example", Domain),
        ] {
            assert_eq!(check(text), Err(reason), "{text:?}");
        }
        assert_eq!(
            check(&format!("{}@example.org", "a".repeat(65))),
            Err(TooLong)
        );
        assert_eq!(check(&format!("{}@example.org", "a".repeat(64))), Ok(()));
        let long_domain = format!("a@{}org", "abcdefghi.".repeat(25));
        assert!(check(&long_domain).is_err());
    }

    #[test]
    fn a_name_keeps_its_letters_and_loses_what_could_harm() {
        for (given, kept) in [
            ("Ana Lima", "Ana Lima"),
            ("  Ana \t\n Lima ", "Ana Lima"),
            ("Bob\r\nBcc: x@example.org", "Bob Bcc: x@example.org"),
            ("a\u{202e}gnp.exe\u{2066}", "agnp.exe"),
            ("A\u{200b}n\u{feff}a\u{e0041}", "Ana"),
            ("Jose\u{301}", "José"),
            ("one\u{2028}two\u{85}three\u{0}", "one two three"),
            ("王小明 🎓", "王小明 🎓"),
            ("\u{200f}\u{0}", ""),
        ] {
            assert_eq!(clean(given, 64), kept, "{given:?}");
        }
    }

    #[test]
    fn a_cut_is_visible_and_within_the_limit() {
        assert_eq!(clean("abcdef", 6), "abcdef");
        assert_eq!(clean("abcdefg", 6), "abcde…");
        assert_eq!(clean("abcd efg", 6), "abcd…");
        assert_eq!(clean("abc", 0), "…");
    }

    /// STACK: lettre panics where a display name holds a line end.
    #[test]
    fn a_cleaned_name_never_makes_the_message_builder_panic() {
        use lettre::message::{Mailbox, Message};
        for name in [
            "a\r\nb",
            "\r",
            "\n",
            "\u{2028}",
            "\0",
            "\u{202e}",
            "a\u{85}b",
            "\"",
            "\\",
            "=?utf-8?q?a=0D=0Ab?=",
        ] {
            let to = Mailbox::new(Some(clean(name, 64)), "to@example.org".parse().unwrap());
            let message = Message::builder()
                .from("from@example.org".parse().unwrap())
                .to(to)
                .body(String::new())
                .unwrap();
            assert!(!has_bare_newline(&message.formatted()), "{name:?}");
        }
    }

    #[test]
    fn a_lone_line_end_character_is_found_wherever_it_stands() {
        for safe in ["", "a", "a\r\nb", "\r\n", "\r\n\r\n", "a\r\n.\r\n"] {
            assert!(!has_bare_newline(safe.as_bytes()), "{safe:?}");
        }
        for bare in [
            "\n",
            "\r",
            "a\nb",
            "a\rb",
            "a\r\n\n",
            "\r\r\n",
            "\n\r",
            "a\r",
            "\r\n\r",
            "a\n.\r\nb",
        ] {
            assert!(has_bare_newline(bare.as_bytes()), "{bare:?}");
        }
    }
}
