//! `pairpost match` on files, as somebody who compares would use it.

use std::path::Path;
use std::process::{Command, Output};

fn pairpost(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_pairpost"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

fn json(output: &Output) -> serde_json::Value {
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

fn lines(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("written");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_graph_goes_in_and_pairs_with_a_proof_come_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    // A triangle with a tail: greed would take the tail's neighbour.
    std::fs::write(at("edges.txt"), "5 5\n0 1 9\n1 2 8\n0 2 8\n2 3 3\n3 4 1\n").expect("written");
    let output = pairpost(
        &[
            "match",
            "--edges",
            "edges.txt",
            "--pairs",
            "pairs.csv",
            "--certificate",
            "cert.json",
            "--json",
        ],
        folder.path(),
    );
    let summary = json(&output);
    assert_eq!(summary["pairs"], 2);
    assert_eq!(summary["people_unmatched"], 1);
    assert_eq!(summary["score"], 12);
    assert_eq!(summary["bound"], 12);
    assert_eq!(summary["gap"], 0.0);
    for key in ["read", "solve", "check", "write"] {
        assert!(summary["seconds"][key].is_number(), "{key}");
    }
    assert!(summary["pricing_rounds"].is_number());
    assert_eq!(lines(&at("pairs.csv")), ["a,b,score", "0,1,9", "2,3,3"]);

    let check = ["match", "--check", "cert.json", "--edges", "edges.txt"];
    let output = pairpost(&check, folder.path());
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("OPTIMAL: 2 pairs, score 12"));

    let proof = std::fs::read_to_string(at("cert.json")).expect("written");
    std::fs::write(at("cert.json"), proof.replacen("[0,1]", "[0,2]", 1)).expect("written");
    let output = pairpost(&check, folder.path());
    assert!(!output.status.success(), "no proof of other pairs");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("NOT PROVEN"));
}

#[test]
fn a_programme_s_rules_pair_people_from_a_spreadsheet() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let people = [
        "name,country,place,languages,sector,stage,interests,wishes,past,remark",
        r#"Ana,PT,Lisbon,en; pt,public,mid,reading; data,"{""must"": {""sector"": [""public""]}}",,x"#,
        "Ben,AU,Melbourne,en,Public library,mid,data,,,",
        "Cem,DE,Berlin,en; de,academic,early,reading,,,",
        "Dee,GB,London,en,public,mid,reading; data,,0,was with Ana before",
        "Eva,DE,Berlin,de,archive,mid,data,,,",
    ];
    std::fs::write(at("people.csv"), people.join("\n") + "\n").expect("written");
    let config = config.to_str().expect("a path");
    let arguments = [
        "match",
        "--config",
        config,
        "--people",
        "people.csv",
        "--pairs",
        "pairs.csv",
        "--certificate",
        "cert.json",
        "--dump-edges",
        "edges.txt",
        "--json",
    ];
    let summary = json(&pairpost(&arguments, folder.path()));
    assert_eq!(summary["pairs"], 2, "{summary}");
    assert_eq!(
        summary["people_unmatched"], 1,
        "the only one who shares a language with her is from her country"
    );
    let pairs = lines(&at("pairs.csv"));
    let pairs: Vec<&str> = pairs
        .iter()
        .filter_map(|line| Some(line.rsplit_once(',')?.0))
        .collect();
    assert_eq!(pairs, ["a,b", "0,1", "2,3"], "Ana demands a public library");

    let check = [
        "match",
        "--check",
        "cert.json",
        "--edges",
        "edges.txt",
        "--json",
    ];
    assert_eq!(json(&pairpost(&check, folder.path()))["optimal"], true);

    std::fs::write(at("people.csv"), "country,sector\nPT,space\n").expect("written");
    let output = pairpost(&arguments, folder.path());
    assert!(!output.status.success());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains("line 2, sector") && told.contains("space"),
        "{told}"
    );
}
