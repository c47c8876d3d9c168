use super::*;

fn of(text: &str) -> Option<String> {
    country(text).one()
}

#[test]
fn countries_are_known_by_any_usual_name() {
    for (written, code) in [
        ("Australia", "AU"),
        ("the Netherlands", "NL"),
        ("Pays-Bas", "NL"),
        ("Nueva Zelanda", "NZ"),
        ("UK", "GB"),
        ("U.K.", "GB"),
        ("England", "GB"),
        ("USA", "US"),
        ("United States of America", "US"),
        ("Estados Unidos", "US"),
        ("Cote d'Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("日本", "JP"),
        ("Россия", "RU"),
        ("Deutschland", "DE"),
        ("nz", "NZ"),
        ("KEN", "KE"),
        ("🇧🇷", "BR"),
        ("Brazil 🇧🇷", "BR"),
        ("New Zealander", "NZ"),
        ("Melbourne, Australia", "AU"),
        ("Auckland, NZ", "NZ"),
        ("I live in Kenya", "KE"),
        ("Austrailia", "AU"),
        ("Germny", "DE"),
        ("Phillipines", "PH"),
        ("Turkey", "TR"),
        ("Viet Nam", "VN"),
        ("South Korea", "KR"),
        ("Papua New Guinea", "PG"),
        ("Trinidad", "TT"),
        ("DRC", "CD"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
    ] {
        assert_eq!(of(written).as_deref(), Some(code), "{written}");
    }
}

#[test]
fn what_has_several_meanings_is_not_guessed() {
    assert!(
        matches!(country("Congo"), Found::Several(_)),
        "{:?}",
        country("Congo")
    );
    // One letter away from both Australia and Austria.
    assert!(matches!(country("Austrlia"), Found::Several(_)));
    assert_eq!(country("Atlantis"), Found::Nothing);
    assert!(matches!(country("Korea"), Found::Several(_)));
    assert!(matches!(country("Kenya and Uganda"), Found::Several(_)));
}

#[test]
fn languages_are_read_from_a_list_with_remarks() {
    let (codes, unknown) = languages("English (fluent), some French and español; Kiswahili");
    assert_eq!(codes, ["en", "fr", "es", "sw"]);
    assert!(unknown.is_empty(), "{unknown:?}");
    assert_eq!(languages("EN, fr").0, ["en", "fr"]);
    assert_eq!(languages("anglais, allemand").0, ["en", "de"]);
    assert_eq!(languages("English French").0, ["en", "fr"]);
    assert_eq!(languages("Engish").0, ["en"]);
    assert_eq!(languages("en-GB, Tagalog").0, ["en", "fil"]);
    assert_eq!(languages("Klingonese").1, ["klingonese"]);
}

#[test]
fn zones_are_known_by_city_name_and_offset() {
    for (written, home, name) in [
        ("Melbourne", None, "Australia/Melbourne"),
        ("Geneva (Switzerland)", None, "Europe/Zurich"),
        ("Europe/Paris", None, "Europe/Paris"),
        ("UTC+2", None, "Etc/GMT-2"),
        ("GMT+5:30", Some("IN"), "Asia/Kolkata"),
        ("Kenya", None, "Africa/Nairobi"),
        ("a village near the lake", Some("KE"), "Africa/Nairobi"),
        ("London", Some("CA"), "America/Toronto"),
        ("London", None, "Europe/London"),
        ("Ciudad de México", None, "America/Mexico_City"),
        ("Washington DC", None, "America/New_York"),
        ("Moscou", None, "Europe/Moscow"),
        ("new york", None, "America/New_York"),
        ("Sao Paulo", Some("BR"), "America/Sao_Paulo"),
        ("Welington", Some("NZ"), "Pacific/Auckland"),
    ] {
        assert_eq!(
            zone(written, home).one().map(|zone| zone.name()),
            Some(name),
            "{written}"
        );
    }
}

#[test]
fn every_country_lies_in_one_continent() {
    for code in ["AU", "NZ", "GB", "BR", "KE", "JP", "MX", "FJ", "TR", "RU"] {
        let continents = regions_of(code)
            .iter()
            .filter(|region| REGIONS.contains(region))
            .count();
        assert_eq!(continents, 1, "{code}");
    }
    assert_eq!(
        region("Amérique latine").one().as_deref(),
        Some("latin-america")
    );
    assert_eq!(region_name("europe", "es"), "Europa");
    assert_eq!(country_name("NZ", "fr"), "Nouvelle-Zélande");
    assert_eq!(language_name("fr", "es"), "francés");
}
