//! Reading, answering and composing together: whatever a stranger, an applicant, a participant or a coordinator writes in
//! answer to a letter, it is handled at the first try, and every letter that follows from it is one well-formed mail to
//! the address on file, with nothing in its header that the writer put there.
#![no_main]

mod stage;

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use stage::Stage;

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

// The story is told before the first input, so that it counts towards nobody's time.
fuzz_target!(
    init: STAGE.set(Some(Stage::set())),
    |raw: &[u8]| {
        STAGE.with_borrow_mut(|stage| stage.get_or_insert_with(Stage::set).play(raw));
    }
);
