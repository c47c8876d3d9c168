//! Every file under `tests/scenarios/` is a test of the same name.

use crate::support::scenario;

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                scenario::run(stringify!($name));
            }
        )*

        #[test]
        fn every_scenario_file_is_told() {
            let known = [$(stringify!($name)),*];
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
            for entry in std::fs::read_dir(folder).unwrap() {
                let file = entry.unwrap().file_name().into_string().unwrap();
                if let Some(name) = file.strip_suffix(".txt") {
                    assert!(known.contains(&name), "{file} is not named in tests/it/scenarios.rs");
                }
            }
        }
    };
}

scenarios!(a_round_from_application_to_closing,);
