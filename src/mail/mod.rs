//! Mail in and mail out: what arrives is fetched, parsed and read; what leaves is composed and carried.
//! This room does not know the database, and nothing in it decides what the programme does.

pub mod account;
pub mod address;
pub mod checkup;
pub mod dns;
pub mod forecast;
pub mod inbound;
pub mod mention;
pub mod oauth;
pub mod outbound;
pub mod profile;
pub mod providers;
pub mod secret;
pub mod tls;
pub mod token;
