//! A whole round, from mail to mail, over real Dovecot and Postfix: the real `pairpost`, TLS verified against a private
//! authority, submission with a login, applications by swaks and mutt, letters read by IMAP. The daemon is killed in
//! the middle, and Dovecot is restarted. Weeks pass by starting the daemon again with its clock set forward.

mod with_servers {
    use std::cell::{Cell, RefCell};
    use std::cmp::Reverse;
    use std::collections::BTreeMap;

    use chrono::{DateTime, NaiveTime, Utc};

    use crate::support::letter::{Application, Letter, message};
    use crate::support::mailserver::MailServer;
    use crate::support::people::{Mutt, await_letter, fetch, swaks};
    use crate::support::programme::{ADDRESS, COORDINATOR, Programme, eventually};

    const ANNA: &str = "anna@people.test";
    const BRUNO: &str = "bruno@people.test";
    const CARLA: &str = "carla@people.test";
    const DEV: &str = "dev@people.test";
    const PEOPLE: [(&str, Application); 4] = [
        (
            ANNA,
            Application {
                name: "Anna Wanjiru",
                country: "Kenya",
                place: "Nairobi",
            },
        ),
        (
            BRUNO,
            Application {
                name: "Bruno Diaz",
                country: "Colombia",
                place: "Bogota",
            },
        ),
        (
            CARLA,
            Application {
                name: "Carla Nowak",
                country: "Poland",
                place: "Warsaw",
            },
        ),
        (
            DEV,
            Application {
                name: "Dev Rao",
                country: "India",
                place: "Mumbai",
            },
        ),
    ];

    fn of(user: &str) -> Application {
        PEOPLE
            .into_iter()
            .find(|(address, _)| *address == user)
            .unwrap()
            .1
    }

    /// How the story's people read and write. Bruno uses mutt, all others swaks.
    struct Story {
        server: MailServer,
        programme: Programme,
        /// Messages that the programme has been sent.
        written: Cell<usize>,
        /// What each mailbox must hold in the end: the beginnings of the subjects.
        expected: RefCell<BTreeMap<&'static str, Vec<String>>>,
    }

    impl Story {
        /// A letter must come.
        fn gets(&self, user: &'static str, subject: &str) -> Letter {
            self.expected
                .borrow_mut()
                .entry(user)
                .or_default()
                .push(subject.into());
            await_letter(&self.server, user, subject)
        }

        /// Presses Reply on that letter and writes these words above the quote.
        fn replies(&self, user: &'static str, letter: &Letter, words: &str) {
            self.written.set(self.written.get() + 1);
            if user == BRUNO {
                let sed = format!("1i\\\n{}\\\n\n", words.replace('\n', "\\\n"));
                Mutt::new(&self.server, user, of(user).name).reply(&letter.subject, &sed);
            } else {
                swaks(
                    &self.server,
                    user,
                    &letter.reply_to,
                    &letter.reply(user, words),
                );
            }
        }

        /// The calendar's evening, so many days after day 0, when the day's morning has been everywhere.
        fn evening_of_day(&self, day: i64) -> DateTime<Utc> {
            let evening = NaiveTime::from_hms_opt(20, 0, 0).unwrap();
            let start = self.programme.start.and_time(evening).and_utc();
            start + chrono::TimeDelta::days(day)
        }
    }

    #[test]
    fn people_apply_are_introduced_and_answer_while_everything_is_killed_and_restarted() {
        let server = MailServer::start();
        let programme = Programme::on(&server, ADDRESS);
        // The round begins on a Tuesday in two to three weeks, and from Wednesdays on its fifteenth day is more than thirty days
        // away: by then the first mails would have been removed from the mailbox, and could not be counted at the end.
        programme.edit("pairpost.toml", &[("# mail_days = 30", "mail_days = 60")]);
        let checked = programme.told(&["check"]);
        assert!(checked.contains("All is well"), "{checked}");
        let story = Story {
            server,
            programme,
            written: Cell::new(0),
            expected: RefCell::default(),
        };

        requests_are_answered_though_postfix_is_down_and_the_daemon_killed(&story);
        applications_are_taken_though_the_daemon_is_killed_while_they_arrive(&story);
        the_proposal_is_released_by_reply(&story);
        let (first, second) = all_are_introduced_though_the_daemon_is_killed_meanwhile(&story);
        check_ins_are_answered_though_dovecot_is_restarted(&story, &first, &second);
        topics_go_out_and_are_answered(&story, &first, &second);
        nothing_came_twice_and_nothing_is_lost(&story);
    }

    fn requests_are_answered_though_postfix_is_down_and_the_daemon_killed(story: &Story) {
        let (server, programme) = (&story.server, &story.programme);
        let daemon = programme.run();
        server.ctl(&["stop-smtp"]);
        server.put(
            ADDRESS,
            [message(
                DEV,
                ADDRESS,
                "Hello",
                "",
                "I would like to take part.\r\n",
            )],
        );
        eventually("the request is filed away", || {
            (server.files(ADDRESS, "Processed").len() == 1).then_some(())
        });
        // It has tried to send the answer, and nobody was there.
        daemon.wait_for_log(" WARN ");
        daemon.kill();
        server.ctl(&["start-smtp"]);
        // After its first failure a letter rests for a minute; nobody waits for that here.
        let daemon = programme.run_at(Utc::now() + chrono::TimeDelta::minutes(5));
        for user in [ANNA, CARLA] {
            let hello = message(
                user,
                ADDRESS,
                "Taking part",
                "",
                "Good day, I would like to apply.\n",
            );
            swaks(server, user, ADDRESS, &hello);
        }
        Mutt::new(server, BRUNO, of(BRUNO).name).write(
            ADDRESS,
            "Library Exchange",
            "Hello, how can I apply?\n",
        );
        story.written.set(4);
        for (user, _) in PEOPLE {
            let form = story.gets(user, "Library Exchange: how to apply");
            assert!(form.text.contains("You can apply"), "{}", form.text);
        }
        assert!(daemon.terminate().success());
    }

    fn applications_are_taken_though_the_daemon_is_killed_while_they_arrive(story: &Story) {
        let daemon = story
            .programme
            .run_at(Utc::now() + chrono::TimeDelta::minutes(10));
        let mut forms = PEOPLE
            .map(|(user, _)| await_letter(&story.server, user, "Library Exchange: how to apply"))
            .into_iter();
        let mut form = || forms.next().unwrap();

        // Anna answers under the form's labels, with swaks.
        let anna = form();
        story.replies(ANNA, &anna, &of(ANNA).fill(&anna.text, None));
        // Bruno opens his mailbox in mutt, presses Reply and answers inside the quote.
        form();
        Mutt::new(&story.server, BRUNO, of(BRUNO).name)
            .reply("how to apply", &of(BRUNO).fill_quoted());
        story.written.set(story.written.get() + 1);
        // Carla forgets her country. The daemon dies while these arrive.
        let carla = form();
        story.replies(
            CARLA,
            &carla,
            &of(CARLA).fill(&carla.text, Some("Country:")),
        );
        daemon.wait_for_log("message handled");
        daemon.kill();
        let dev = form();
        story.replies(DEV, &dev, &of(DEV).fill(&dev.text, None));
        let daemon = story
            .programme
            .run_at(Utc::now() + chrono::TimeDelta::minutes(20));
        let missing = story.gets(CARLA, "Your application: one more step");
        assert!(missing.text.contains("Country"), "{}", missing.text);
        story.replies(CARLA, &missing, "Country: Poland");
        for (user, application) in PEOPLE {
            let complete = story.gets(user, "We have your application");
            assert!(
                complete.text.contains(application.country),
                "{}",
                complete.text
            );
        }
        assert!(daemon.terminate().success());
    }

    fn the_proposal_is_released_by_reply(story: &Story) {
        // Four days before the start, pairs are worked out.
        let daemon = story.programme.run_at(story.evening_of_day(-4));
        story.gets(COORDINATOR, "Nothing to do");
        let proposal = story.gets(COORDINATOR, "Round");
        assert!(
            proposal.subject.ends_with("2 partnerships to look at"),
            "{}",
            proposal.subject
        );
        for (_, application) in PEOPLE {
            assert!(
                proposal.text.contains(application.name),
                "{}",
                proposal.text
            );
        }
        story.replies(COORDINATOR, &proposal, "ok");
        // This mail server vouches for nobody.
        let question = story.gets(COORDINATOR, "Please confirm: release proposal 1");
        story.replies(COORDINATOR, &question, "yes");
        story.gets(COORDINATOR, "Your command");
        assert!(daemon.terminate().success());
    }

    /// Returns the two partnerships.
    fn all_are_introduced_though_the_daemon_is_killed_meanwhile(
        story: &Story,
    ) -> ([&'static str; 2], [&'static str; 2]) {
        let daemon = story.programme.run_at(story.evening_of_day(0));
        // Killed in the worst moment: a letter may be with the server, and nobody has written it down yet.
        daemon.wait_for_log("kind=\"introduction\"");
        daemon.kill();
        let daemon = story
            .programme
            .run_at(story.evening_of_day(0) + chrono::TimeDelta::minutes(5));
        story.gets(COORDINATOR, "Nothing to do");
        the_coordinator_asks_whose_introduction_is_uncertain(story);
        let introductions: BTreeMap<&str, Letter> = PEOPLE
            .into_iter()
            .map(|(user, _)| (user, story.gets(user, "Meet your partner")))
            .collect();
        // Each has the other's address and is answered by the other.
        let partner = |user: &str| introductions[user].reply_to.clone();
        for (user, _) in PEOPLE {
            assert_eq!(partner(&partner(user)), user);
            assert_ne!(partner(user), user);
            let letter = &introductions[user];
            assert!(letter.text.contains(&partner(user)), "{}", letter.text);
            assert_eq!(letter.from, ADDRESS);
        }
        let known = |address: String| {
            PEOPLE
                .into_iter()
                .find(|(user, _)| *user == address)
                .unwrap()
                .0
        };
        let bruno_and = known(partner(BRUNO));
        let others: Vec<&'static str> = PEOPLE
            .into_iter()
            .map(|(user, _)| user)
            .filter(|user| ![BRUNO, bruno_and].contains(user))
            .collect();
        // Pressing Reply on the introduction writes to the partner, past the programme.
        Mutt::new(&story.server, BRUNO, of(BRUNO).name).reply(
            "Meet your partner",
            "1i\\\nGreetings from the other side of the world!\\\n\n",
        );
        let hello = story.gets(bruno_and, "Re: Meet your partner");
        assert_eq!(hello.from, BRUNO);
        assert!(daemon.terminate().success());
        ([BRUNO, bruno_and], [others[0], others[1]])
    }

    /// An introduction whose end the kill has hidden is not sent again by itself: the coordinator asks its reader, and
    /// says so.
    fn the_coordinator_asks_whose_introduction_is_uncertain(story: &Story) {
        let (server, programme) = (&story.server, &story.programme);
        eventually("Postfix's queue is empty", || {
            server.ctl(&["queue"]).trim().is_empty().then_some(())
        });
        let db = rusqlite::Connection::open(programme.database()).unwrap();
        db.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        let uncertain: Vec<(i64, String)> = db
            .prepare("SELECT id, envelope_to FROM outbox WHERE state IN ('unknown', 'held')")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for (letter, reader) in uncertain {
            let has_come = fetch(server, &reader)
                .iter()
                .any(|letter| letter.subject.starts_with("Meet your partner"));
            let word = if has_come { "--arrived" } else { "--resend" };
            programme.told(&["letter", &letter.to_string(), word]);
        }
    }

    fn check_ins_are_answered_though_dovecot_is_restarted(
        story: &Story,
        first: &[&'static str; 2],
        second: &[&'static str; 2],
    ) {
        let daemon = story.programme.run_at(story.evening_of_day(10));
        story.gets(COORDINATOR, "Nothing to do");
        let asked: BTreeMap<&str, Letter> = PEOPLE
            .into_iter()
            .map(|(user, _)| (user, story.gets(user, "Are you in touch with")))
            .collect();
        story.server.ctl(&["stop-imap"]);
        daemon.wait_for_log("receiving was interrupted");
        story.server.ctl(&["start-imap"]);
        story.replies(first[0], &asked[first[0]], "1");
        story.replies(first[1], &asked[first[1]], "2 - we are both busy");
        story.replies(
            second[0],
            &asked[second[0]],
            "3. I have heard nothing so far.",
        );
        story.gets(first[0], "Good to hear");
        story.gets(first[1], "Thank you: slow is fine");
        story.gets(second[0], "We are asking");
        assert!(daemon.terminate().success());
    }

    fn topics_go_out_and_are_answered(
        story: &Story,
        first: &[&'static str; 2],
        second: &[&'static str; 2],
    ) {
        let daemon = story.programme.run_at(story.evening_of_day(14));
        story.gets(COORDINATOR, "Nothing to do");
        let topics: BTreeMap<&str, Letter> = PEOPLE
            .into_iter()
            .map(|(user, _)| (user, story.gets(user, "Topic 2")))
            .collect();
        story.replies(first[0], &topics[first[0]], "topics off");
        story.gets(first[0], "No more topics");
        story.replies(
            first[1],
            &topics[first[1]],
            "We liked this one a great deal, thank you.",
        );
        story.gets(first[1], "A person will answer you");
        let for_person = story.gets(COORDINATOR, "A message for a person");
        let settle = for_person
            .text
            .lines()
            .find_map(|line| line.find("settle ").map(|at| &line[at..]))
            .unwrap_or_else(|| panic!("{}", for_person.text));
        let settle: String = settle
            .split_whitespace()
            .take(2)
            .collect::<Vec<_>>()
            .join(" ");
        story.replies(
            COORDINATOR,
            &for_person,
            settle.trim_end_matches(|c: char| !c.is_ascii_digit()),
        );
        story.gets(COORDINATOR, "Your command");
        // The silent one is there.
        let question = story.gets(second[1], "Are you there");
        story.replies(second[1], &question, "1");
        story.gets(second[0], "We have heard from");
        story.gets(second[1], "Good to hear from you");
        assert!(daemon.terminate().success());
    }

    fn nothing_came_twice_and_nothing_is_lost(story: &Story) {
        // Once more, with nothing new to do: nothing may come of it.
        let daemon = story
            .programme
            .run_at(story.evening_of_day(14) + chrono::TimeDelta::minutes(30));
        daemon.wait_for_log("mailbox open");
        // What it was stopped before filing away, it files away now.
        eventually("all is filed away", || {
            (story.server.files(ADDRESS, "Processed").len() == story.written.get()).then_some(())
        });
        assert!(daemon.terminate().success());
        let Story {
            server,
            programme,
            written,
            expected,
        } = story;
        eventually("Postfix's queue is empty", || {
            server.ctl(&["queue"]).trim().is_empty().then_some(())
        });

        // Letters whose end a kill has hidden may be sent again with the same bytes, where that does no harm.
        let uncertain =
            usize::try_from(programme.count("SELECT sum(unknown_ends) FROM outbox")).unwrap();
        let mut copies = 0;
        let mut ours = 0;
        for (user, expected) in expected.borrow().iter() {
            let mut letters = fetch(server, user);
            let all = letters.len();
            letters.sort_by(|a, b| a.message_id.cmp(&b.message_id));
            letters.dedup_by(|a, b| a.message_id == b.message_id);
            copies += all - letters.len();
            ours += letters.iter().filter(|it| it.from == ADDRESS).count();
            let mut left: Vec<&str> = letters.iter().map(|it| it.subject.as_str()).collect();
            // The most exact words first, so that none takes what another stands for.
            let mut expected: Vec<&String> = expected.iter().collect();
            expected.sort_by_key(|subject| Reverse(subject.len()));
            for subject in expected {
                let found = left
                    .iter()
                    .position(|it| it.starts_with(subject.as_str()))
                    .unwrap_or_else(|| panic!("{user} has no {subject:?}: {left:#?}"));
                left.swap_remove(found);
            }
            assert!(left.is_empty(), "{user} has too many: {left:#?}");
        }
        assert!(
            copies <= uncertain,
            "{copies} copies, {uncertain} letters of uncertain end"
        );

        // What lies in the mailboxes is what was ordered, and all of it has been handed over.
        let sent = programme.count("SELECT count(*) FROM outbox WHERE state = 'sent'");
        assert_eq!(usize::try_from(sent).unwrap(), ours);
        assert_eq!(
            programme.count("SELECT count(*) FROM outbox WHERE state <> 'sent'"),
            0
        );
        // What people wrote has been read, each message once, and filed away.
        let read =
            programme.count("SELECT count(*) FROM inbox WHERE state IN ('handled', 'settled')");
        assert_eq!(usize::try_from(read).unwrap(), written.get());
        assert_eq!(server.files(ADDRESS, "Processed").len(), written.get());
        assert!(server.files(ADDRESS, "").is_empty());
        assert!(server.files(ADDRESS, "Quarantine").is_empty());

        let log = programme.log();
        assert!(log.contains("for tests"), "a shifted clock is announced");
        let told: Vec<&str> = log.lines().filter(|line| line.contains('@')).collect();
        assert!(told.is_empty(), "addresses in the log: {told:#?}");
        assert!(!log.contains("ERROR"), "{log}");
    }
}
