//! Signed words in our addresses: which letter a reply answers, whose "stop" it is, which letter bounced.
//!
//! `kind(1) id(8) expiry(4) tag(16)`, 29 characters of lower-case base32 without the letters that look like digits
//! (some gateways lower-case a local part). The tag is the first 80 bits of an HMAC-SHA256 under a key of its own for
//! each kind, compared in constant time. There is one `verify`, and a `Verified` cannot be made in another way
//! (RELIABILITY (d), T4).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ids::{LetterId, PersonId};
use crate::time::Moment;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TOKEN_CHARS: usize = 29;

/// What a token is for; one kind is never taken for another, since each has its own key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Reply-To of a letter; the id is the letter's.
    Reply,
    /// List-Unsubscribe: can only reduce mail; the id is the person's.
    Stop,
    /// The envelope sender: a bounce of the letter with this id.
    Bounce,
    /// Reply-To of a letter that asks the owner of an address for a proof; the id is the letter's.
    Challenge,
    /// Reply-To of a letter to a coordinator: its first command may make letters leave. The id is the letter's.
    Action,
}

impl Kind {
    const ALL: [Kind; 5] = [
        Kind::Reply,
        Kind::Stop,
        Kind::Bounce,
        Kind::Challenge,
        Kind::Action,
    ];

    fn letter(self) -> u8 {
        match self {
            Kind::Reply => b'r',
            Kind::Stop => b's',
            Kind::Bounce => b'b',
            Kind::Challenge => b'c',
            Kind::Action => b'a',
        }
    }

    /// Days until it is no longer taken.
    fn lifetime_days(self) -> i64 {
        match self {
            // To act on what a coordinator's letter shows is a matter of hours, which the rules look at; what it is about
            // is still known when somebody answers it later.
            Kind::Reply | Kind::Action => 240,
            Kind::Stop => 400,
            Kind::Bounce => 60,
            // To the hour it is looked at by the rules.
            Kind::Challenge => 3,
        }
    }
}

/// A token that has been checked. Only [`Keys::verify`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified {
    kind: Kind,
    id: i64,
}

impl Verified {
    pub fn kind(self) -> Kind {
        self.kind
    }

    pub fn letter(self) -> Option<LetterId> {
        (self.kind != Kind::Stop).then_some(LetterId(self.id))
    }

    pub fn person(self) -> Option<PersonId> {
        (self.kind == Kind::Stop).then_some(PersonId(self.id))
    }
}

/// Why something behind our `+` is no token to act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It has not the shape of a token: a plus-address that somebody made up, or a part of one.
    NoToken,
    /// It has the shape and is not ours: guessed or mistyped.
    Forged,
    /// It was ours.
    Expired,
}

/// What stands behind the `+` in a message's addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Carried {
    pub token: Option<Verified>,
    /// Something that looks like a token and is none.
    pub forged: bool,
    /// Tokens of different letters: nobody can say which of them is meant, so none is.
    pub contradictory: bool,
}

/// The master keys, 32 bytes each. Every use derives its own key from one of them.
///
/// What leaves us is signed with the current one; what comes back may be signed with the former one, too, so that the key
/// can be changed while letters are on their way. What has to be found again years later (whom nobody may meet twice, the
/// sheet of a survey, the seal of the journal) stands under the lasting one, which is never changed.
#[derive(Clone)]
pub struct Keys {
    current: [u8; 32],
    former: Option<[u8; 32]>,
    lasting: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl Keys {
    /// One key for everything: a programme whose key has never been changed.
    pub fn new(master: [u8; 32]) -> Keys {
        Keys::of(master, None, master)
    }

    pub fn of(current: [u8; 32], former: Option<[u8; 32]>, lasting: [u8; 32]) -> Keys {
        Keys {
            current,
            former,
            lasting,
        }
    }

    /// For what leaves us and comes back within a year.
    fn passing(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.current, purpose, parts)
    }

    /// For what must be found again, however often the key was changed.
    fn lasting(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.lasting, purpose, parts)
    }

    /// The 29 characters for a letter or a person.
    pub fn sign(&self, kind: Kind, id: i64, now: Moment) -> String {
        let expiry = now.timestamp().div_euclid(86_400) + kind.lifetime_days();
        let mut token = String::with_capacity(TOKEN_CHARS);
        token.push(char::from(kind.letter()));
        push_base32(&mut token, id.unsigned_abs(), 8);
        push_base32(&mut token, expiry.unsigned_abs(), 4);
        let tag = tag(&self.current, kind, &token);
        token.push_str(&tag);
        token
    }

    /// Checks kind, tag and expiry; nothing of a token is used before. The former key's tags are as good as the current
    /// one's.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn verify(&self, token: &str, now: Moment) -> Result<Verified, Refused> {
        let token = token.to_ascii_lowercase();
        if token.len() != TOKEN_CHARS || !token.bytes().all(|byte| ALPHABET.contains(&byte)) {
            return Err(Refused::NoToken);
        }
        let kind = Kind::ALL
            .into_iter()
            .find(|kind| token.as_bytes()[0] == kind.letter())
            .ok_or(Refused::Forged)?;
        let (signed, written) = token.split_at(TOKEN_CHARS - 16);
        // Constant time: each key is tried and every character looked at, whatever the first difference is.
        let is_ours = [Some(&self.current), self.former.as_ref()]
            .into_iter()
            .flatten()
            .fold(false, |found, key| {
                found | (differences(&tag(key, kind, signed), written) == 0)
            });
        if !is_ours {
            return Err(Refused::Forged);
        }
        let number = |text| parse_base32(text).and_then(|number| i64::try_from(number).ok());
        let id = number(&signed[1..9]).ok_or(Refused::Forged)?;
        let expiry = number(&signed[9..13]).ok_or(Refused::Forged)?;
        match now.timestamp().div_euclid(86_400) <= expiry {
            true => Ok(Verified { kind, id }),
            false => Err(Refused::Expired),
        }
    }

    /// The left side of a letter's Message-ID: nobody can guess it, and it is the same each time.
    pub fn message_id(&self, letter: LetterId) -> String {
        base32(&self.passing("pairpost message id v1", &[&letter.0.to_be_bytes()]))[..26]
            .to_string()
    }

    /// The visible reference at the foot of a letter, "k7q2-x9m4ta": 50 bits, looked up in the outbox.
    pub fn reference(&self, letter: LetterId) -> String {
        let code = base32(&self.passing("pairpost reference v1", &[&letter.0.to_be_bytes()]));
        format!("{}-{}", &code[..4], &code[4..10])
    }

    /// The name of somebody's sheet in a survey: without the master key nothing leads from it to the person.
    pub fn survey_sheet(&self, round: &str, survey: &str, person: PersonId) -> String {
        let parts: [&[u8]; 5] = [
            round.as_bytes(),
            &[0],
            survey.as_bytes(),
            &[0],
            &person.0.to_be_bytes(),
        ];
        base32(&self.lasting("pairpost survey sheet v1", &parts))
    }

    /// The seal of a line of the journal: without the master key nobody can make one.
    pub fn journal_seal(&self, bytes: &[u8]) -> String {
        base32(&self.lasting("pairpost journal v1", &[bytes]))
    }

    /// The mark of a row of a table: without the master key nothing leads from it to what the row says.
    pub fn row_mark(&self, cells: &[&str]) -> String {
        let parts: Vec<&[u8]> = cells
            .iter()
            .flat_map(|cell| [cell.as_bytes(), &[0]])
            .collect();
        base32(&self.lasting("pairpost imported row v1", &parts))
    }

    /// What is remembered of an erased person's address, in its comparison form: without the master key nothing leads
    /// back to it.
    pub fn address_hash(&self, address_key: &str) -> String {
        base32(&self.lasting("pairpost erased address v1", &[address_key.as_bytes()]))
    }

    /// The same of two addresses together, in either order.
    pub fn pair_hash(&self, one: &str, other: &str) -> String {
        self.pairs_with(one)(other)
    }

    /// The same for one address and each of many others: the key is made ready once.
    pub fn pairs_with<'a>(&self, one: &'a str) -> impl Fn(&str) -> String + use<'a> {
        let ready = ready(&keyed(&self.lasting, &[b"pairpost erased pair v1"]));
        move |other| {
            let (first, second) = if one <= other {
                (one, other)
            } else {
                (other, one)
            };
            let parts: [&[u8]; 3] = [first.as_bytes(), &[0], second.as_bytes()];
            base32(&finished(ready.clone(), &parts))
        }
    }

    /// Finds one of our tokens behind the `+` of an address of ours.
    pub fn find_in<'a>(
        &self,
        own_address: &str,
        addresses: impl IntoIterator<Item = &'a str>,
        now: Moment,
    ) -> Carried {
        let mut carried = Carried::default();
        let Some((own_local, own_domain)) = own_address.rsplit_once('@') else {
            return carried;
        };
        for address in addresses {
            let Some((local, domain)) = address.rsplit_once('@') else {
                continue;
            };
            let Some((name, token)) = local.split_once('+') else {
                continue;
            };
            if !name.eq_ignore_ascii_case(own_local) || !domain.eq_ignore_ascii_case(own_domain) {
                continue;
            }
            match (self.verify(token, now), carried.token) {
                (Ok(found), None) => carried.token = Some(found),
                (Ok(found), Some(first)) => carried.contradictory |= found.id != first.id,
                (Err(Refused::Forged), _) => carried.forged = true,
                (Err(Refused::NoToken | Refused::Expired), _) => {}
            }
        }
        if carried.contradictory {
            carried.token = None;
        }
        carried
    }
}

/// `name@host` with the token behind a plus.
pub fn address_with(own_address: &str, token: &str) -> String {
    match own_address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}+{token}@{domain}"),
        None => own_address.to_string(),
    }
}

fn tag(master: &[u8; 32], kind: Kind, signed: &str) -> String {
    let purpose = format!("pairpost token v1 {}", char::from(kind.letter()));
    base32(&mac(master, &purpose, &[signed.as_bytes()])[..10])
}

/// 0 where both are the same.
fn differences(one: &str, other: &str) -> u8 {
    one.bytes()
        .zip(other.bytes())
        .fold(0, |sum, (a, b)| sum | (a ^ b))
}

fn mac(master: &[u8; 32], purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let derived = keyed(master, &[purpose.as_bytes()]);
    keyed(&derived, parts)
}

fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    finished(ready(key), parts)
}

/// A key as HMAC uses it. It takes keys of any length (RFC 2104), so there always is one.
fn ready(key: &[u8; 32]) -> Option<Hmac<Sha256>> {
    Hmac::<Sha256>::new_from_slice(key).ok()
}

/// Without a key the result is all zeros, which would verify nothing.
fn finished(mac: Option<Hmac<Sha256>>, parts: &[&[u8]]) -> [u8; 32] {
    let Some(mut mac) = mac else {
        return [0; 32];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn base32(bytes: &[u8]) -> String {
    let (mut text, mut buffer, mut bits) = (String::new(), 0u32, 0);
    for &byte in bytes {
        buffer = (buffer << 8) | u32::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(buffer >> bits) as usize & 31]));
        }
        buffer &= (1 << bits) - 1;
    }
    text
}

fn push_base32(text: &mut String, value: u64, chars: u32) {
    for place in (0..chars).rev() {
        text.push(char::from(ALPHABET[(value >> (5 * place)) as usize & 31]));
    }
}

fn parse_base32(text: &str) -> Option<u64> {
    text.bytes().try_fold(0u64, |value, byte| {
        let digit = ALPHABET.iter().position(|&letter| letter == byte)? as u64;
        Some((value << 5) | digit)
    })
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, TimeZone, Utc};

    use super::*;

    fn keys() -> Keys {
        Keys::new([7; 32])
    }

    fn day() -> Moment {
        Utc.with_ymd_and_hms(2027, 1, 5, 12, 0, 0).unwrap()
    }

    #[test]
    fn a_token_comes_back_as_what_it_was_signed_for() {
        let token = keys().sign(Kind::Reply, 1_234_567, day());
        assert_eq!(token.len(), TOKEN_CHARS);
        let verified = keys().verify(&token.to_uppercase(), day()).unwrap();
        assert_eq!(verified.letter(), Some(LetterId(1_234_567)));
        assert_eq!(verified.person(), None);
    }

    /// T4: each character of a token of each kind replaced by each other one, which covers every flipped bit: none of
    /// them is taken. The expiry and the id are covered by the tag like everything else.
    #[test]
    fn any_changed_character_makes_a_token_worthless() {
        let mut tried = 0;
        for kind in Kind::ALL {
            let token = keys().sign(kind, 42, day());
            for at in 0..TOKEN_CHARS {
                for replacement in 0..=127u8 {
                    let mut forged = token.clone().into_bytes();
                    if forged[at] == replacement.to_ascii_lowercase() {
                        continue;
                    }
                    forged[at] = replacement;
                    let forged = String::from_utf8(forged).unwrap();
                    assert!(
                        keys().verify(&forged, day()).is_err(),
                        "character {at} of {token} as {forged}"
                    );
                    tried += 1;
                }
            }
        }
        assert!(tried > 18_000, "{tried}");
    }

    #[test]
    fn a_token_is_not_taken_for_one_of_another_kind() {
        for kind in Kind::ALL {
            let token = keys().sign(kind, 42, day());
            for other in Kind::ALL.into_iter().filter(|other| *other != kind) {
                let forged = format!("{}{}", char::from(other.letter()), &token[1..]);
                assert_eq!(keys().verify(&forged, day()), Err(Refused::Forged));
            }
        }
    }

    #[test]
    fn a_token_of_another_programme_or_of_the_past_is_refused() {
        let token = keys().sign(Kind::Bounce, 42, day());
        assert_eq!(
            Keys::new([8; 32]).verify(&token, day()),
            Err(Refused::Forged)
        );
        assert!(keys().verify(&token, day() + TimeDelta::days(60)).is_ok());
        assert_eq!(
            keys().verify(&token, day() + TimeDelta::days(61)),
            Err(Refused::Expired)
        );
    }

    #[test]
    fn a_token_of_the_former_key_is_as_good_as_one_of_the_current_and_one_before_is_none() {
        let (first, second, third) = ([1; 32], [2; 32], [3; 32]);
        let then = Keys::new(first);
        let once = Keys::of(second, Some(first), first);
        let twice = Keys::of(third, Some(second), first);
        for kind in Kind::ALL {
            let old = then.sign(kind, 42, day());
            let newer = once.sign(kind, 42, day());
            assert_ne!(old, newer);
            assert!(once.verify(&old, day()).is_ok());
            assert!(once.verify(&newer, day()).is_ok());
            assert!(twice.verify(&newer, day()).is_ok());
            assert_eq!(twice.verify(&old, day()), Err(Refused::Forged));
            // The lasting key signs nothing that leaves us.
            assert_eq!(
                Keys::of(third, None, first).verify(&old, day()),
                Err(Refused::Forged)
            );
        }
    }

    #[test]
    fn what_must_be_found_again_outlives_each_change_of_the_key_and_nothing_else_does() {
        let before = Keys::new([1; 32]);
        let after = Keys::of([3; 32], Some([2; 32]), [1; 32]);
        let lasting = |keys: &Keys| {
            [
                keys.survey_sheet("2027A", "mid", PersonId(4)),
                keys.journal_seal(b"line"),
                keys.row_mark(&["a", "b"]),
                keys.address_hash("anna@library.example"),
                keys.pair_hash("a@x.example", "b@x.example"),
            ]
        };
        assert_eq!(lasting(&before), lasting(&after));
        assert_ne!(
            before.message_id(LetterId(1)),
            after.message_id(LetterId(1))
        );
        assert_ne!(before.reference(LetterId(1)), after.reference(LetterId(1)));
    }

    #[test]
    fn tokens_are_found_only_in_our_own_address() {
        let token = keys().sign(Kind::Reply, 9, day());
        let ours = address_with("peers@example.org", &token);
        assert!(
            keys()
                .find_in("peers@example.org", ["x@y.example", ours.as_str()], day())
                .token
                .is_some()
        );
        let foreign = address_with("peers@example.com", &token);
        assert_eq!(
            keys().find_in("peers@example.org", [foreign.as_str()], day()),
            Carried::default()
        );
    }

    #[test]
    fn two_tokens_of_different_letters_are_none_and_a_guess_is_noticed() {
        let of = |id| address_with("peers@example.org", &keys().sign(Kind::Reply, id, day()));
        let (one, other) = (of(1), of(2));
        let found = |addresses: &[&str]| {
            keys().find_in("peers@example.org", addresses.iter().copied(), day())
        };
        assert!(found(&[&one, &one]).token.is_some());
        let both = found(&[&one, &other]);
        assert!(both.contradictory && both.token.is_none());
        let guess = one.replace("+r", "+s");
        assert!(found(&[&guess]).forged);
        assert!(!found(&["peers+newsletter@example.org"]).forged);
    }
}
