use super::*;

fn letter(kind: &LetterKind) -> Rendered {
    Templates::built_in()
        .render(kind, "en", &samples::frame())
        .unwrap()
}

/// A templates folder with some files, loaded over the built-in ones.
fn with_files(files: &[(&str, &str)]) -> Result<Templates, Vec<Problem>> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Templates::load(dir.path(), &["en".to_owned()])
}

fn stopped(name: &str) -> LetterKind {
    LetterKind::Stopped { name: name.into() }
}

#[test]
fn templates_can_be_shared_between_threads() {
    let templates = Templates::built_in();
    let there = std::thread::spawn(move || {
        templates
            .render(&stopped("Ana"), "en", &samples::frame())
            .unwrap()
    });
    assert_eq!(there.join().unwrap(), letter(&stopped("Ana")));
}

#[test]
fn every_letter_has_a_sample_under_its_name() {
    let names: Vec<&str> = samples::one_each(&["x".into()])
        .iter()
        .map(LetterKind::name)
        .collect();
    assert_eq!(names, LetterKind::NAMES);
}

#[test]
fn the_built_in_letters_have_no_problems() {
    assert_eq!(Templates::built_in().check(), []);
}

#[test]
fn a_value_never_becomes_markup_html_or_a_placeholder() {
    let hostile = [
        "{{secret}}",
        "{% raw %}",
        "<script>alert(1)</script>",
        "*x*",
        "_y_",
        "[a](http://evil.example)",
        "](http://evil.example)",
        "# Title",
        "- item",
        "1. item",
        "~~~",
        "```",
        "    code",
        "> quote",
        "![i](http://evil.example/p.png)",
        "<http://evil.example>",
        "&lt;b&gt;",
        "a|b",
        "\\*",
        "answer:1",
    ];
    for value in hostile {
        let rendered = letter(&stopped(value));
        let greeting = format!("Dear {value},");
        assert!(
            rendered.text.contains(&greeting),
            "{value}: {}",
            rendered.text
        );
        let escaped = value
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        assert!(
            rendered.html.contains(&format!("<p>Dear {escaped},</p>")),
            "{value}: {}",
            rendered.html
        );
        assert!(!rendered.html.contains("href=\"http"), "{value}");
    }
}

#[test]
fn hostile_values_stay_literal_in_every_letter() {
    // Every text value of every sample is replaced by one that tries everything at once.
    let hostile =
        "{{secret}} <script>x</script> *x* ](http://evil.example) \u{202E}`~~~\n\n# h\n- i";
    let templates = Templates::built_in();
    for kind in templates.samples("en") {
        let mut values = serde_json::to_value(&kind).unwrap();
        replace_texts(&mut values, hostile, &templates.topic_ids("en"));
        let values = Value::from(Serde(values));
        let rendered = templates
            .render_values(kind.name(), values, "en", &samples::frame())
            .unwrap();
        let whole = format!("{}{}{}", rendered.subject, rendered.text, rendered.html);
        assert!(!rendered.html.contains("<script"), "{}", kind.name());
        assert!(rendered.html.contains("{{secret}}"), "{}", kind.name());
        assert!(!rendered.html.contains("href=\"http"), "{}", kind.name());
        assert!(!rendered.html.contains("<h1>h"), "{}", kind.name());
        assert!(
            !whole.contains(['\u{202E}', '\u{E000}', '\u{E001}']),
            "{}",
            kind.name()
        );
        assert!(!rendered.subject.contains('\n'), "{}", kind.name());
    }
}

fn replace_texts(value: &mut serde_json::Value, by: &str, topics: &[String]) {
    match value {
        serde_json::Value::String(text) => {
            // Dates, times and the words of closed lists have to stay what they are.
            let closed = text.chars().next().is_some_and(|c| c.is_ascii_digit())
                || [
                    "unknown",
                    "ambiguous",
                    "too-many",
                    "no-address",
                    "silent",
                    "check-in",
                ]
                .contains(&text.as_str());
            let is_topic = topics.contains(text);
            if !closed && !is_topic {
                *text = by.to_owned();
            }
        }
        serde_json::Value::Array(values) => values
            .iter_mut()
            .for_each(|it| replace_texts(it, by, topics)),
        serde_json::Value::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| name.as_str() != "kind")
            .for_each(|(_, it)| replace_texts(it, by, topics)),
        _ => {}
    }
}

#[test]
fn the_form_goes_out_line_by_line_whatever_people_wrote_into_it() {
    let form = "Name: A\n~~~\n```\n<b>\n  [x] one\n\nAbout me: {{ name }}";
    let rendered = letter(&LetterKind::Form {
        pool_until: None,
        dates: match &samples::one_each(&[])[0] {
            LetterKind::Form { dates, .. } => dates.clone(),
            other => panic!("{other:?}"),
        },
        open: true,
        form: form.into(),
    });
    assert!(rendered.text.contains(form), "{}", rendered.text);
    assert!(rendered.html.contains("~~~\n```\n&lt;b&gt;\n  [x] one"));
}

#[test]
fn text_is_wrapped_plain_and_ends_with_the_reference() {
    let templates = Templates::built_in();
    for kind in templates.samples("en") {
        let rendered = templates.render(&kind, "en", &samples::frame()).unwrap();
        for line in rendered.text.lines() {
            assert!(line.chars().count() <= 72, "{}: {line}", kind.name());
            assert!(
                !line.contains("**") && !line.contains("]("),
                "{}: {line}",
                kind.name()
            );
            // But for the blanks after the form's labels, where answers are typed.
            assert!(
                !line.ends_with(' ') || line.ends_with(": ") || line.ends_with("? "),
                "{}: {line}",
                kind.name()
            );
        }
        assert!(
            rendered.text.ends_with("\nRef: k7q2-9fpm\n"),
            "{}",
            kind.name()
        );
        assert!(!rendered.text.contains("\n\n\n"), "{}", kind.name());
    }
}

#[test]
fn an_unknown_placeholder_is_told_when_templates_are_loaded() {
    let problems = with_files(&[(
        "en/letters/stopped.md",
        "Subject: Bye\n\nDear {{ nmae }},\n\n{% if false %}{{ dates.start }}{% endif %}\n",
    )])
    .unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        told.contains(&"en/letters/stopped.md:3: {{ nmae }}: there is no such value here. Did you mean \"name\"?".to_owned()),
        "{told:#?}"
    );
    // Even in a branch that no sample takes.
    assert!(
        told.iter().any(|it| it.contains("dates.start")),
        "{told:#?}"
    );
}

#[test]
fn a_placeholder_that_cannot_be_read_is_told_with_its_line() {
    let problems = with_files(&[(
        "en/letters/stopped.md",
        "Subject: Bye\n\nDear you\n\n{{ name\n",
    )])
    .unwrap_err();
    assert_eq!(problems[0].file, "en/letters/stopped.md");
    assert!(
        problems[0].line.is_some_and(|line| line >= 5),
        "{problems:?}"
    );
}

#[test]
fn no_filter_makes_a_value_into_markup() {
    let templates = with_files(&[(
        "en/letters/stopped.md",
        "Subject: Bye\n\n{{ name | safe }} {{ name | escape }} {{ [name, name | safe] | join(' ' | safe) }} {{ name | upper }}\n",
    )])
    .unwrap();
    let rendered = templates
        .render(
            &stopped("*x* [a](http://evil.example)"),
            "en",
            &samples::frame(),
        )
        .unwrap();
    assert!(
        rendered
            .text
            .starts_with("*x* [a](http://evil.example) *x* [a]"),
        "{}",
        rendered.text
    );
    assert!(!rendered.html.contains("href=\"http") && !rendered.html.contains("<em>x"));
}

#[test]
fn text_kept_for_later_is_refused() {
    let problems = with_files(&[(
        "en/letters/stopped.md",
        "Subject: Bye\n\n{% set hello %}Dear {{ name }}{% endset %}\n{{ hello }}\n",
    )])
    .unwrap_err();
    assert_eq!(problems[0].line, Some(3));
    assert!(problems[0].why.contains("endset"));
}

#[test]
fn a_footer_can_stand_before_the_form_and_problems_name_the_right_file() {
    let templates = with_files(&[
        (
            "en/letters/stopped.md",
            "Subject: Bye\n\nBefore.\n\n{{ footer }}\n\nAfter.\n",
        ),
        ("en/footer.md", "Yours\n"),
    ])
    .unwrap();
    let rendered = templates
        .render(&stopped("Ana"), "en", &samples::frame())
        .unwrap();
    assert_eq!(
        rendered.text,
        "Before.\n\nYours\n\nAfter.\n\nRef: k7q2-9fpm\n"
    );

    let problems = with_files(&[
        (
            "en/letters/stopped.md",
            "Subject: Bye\n\nBefore.\n\n{{ footer }}\n\n{{ x1 }}\n",
        ),
        ("en/footer.md", "Yours\n\n{{ x2 }}\n"),
    ])
    .unwrap_err();
    let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(told[0].starts_with("en/footer.md:3: {{ x2 }}"), "{told:#?}");
    assert!(
        told.iter()
            .any(|it| it.starts_with("en/letters/stopped.md:7: {{ x1 }}")),
        "{told:#?}"
    );
}

#[test]
fn a_letter_needs_its_subject_and_no_html() {
    let problems = with_files(&[(
        "en/letters/stopped.md",
        "Dear {{ name }}\n\n<div>\nHello\n</div>\n",
    )])
    .unwrap_err();
    assert!(
        problems
            .iter()
            .any(|it| it.line == Some(1) && it.why.contains("Subject"))
    );
    assert!(
        problems
            .iter()
            .any(|it| it.line == Some(3) && it.why.contains("HTML"))
    );
}

#[test]
fn a_mistyped_letter_name_finds_its_letter() {
    let problems = with_files(&[("en/letters/chek-in.md", "Subject: x\n\ny\n")]).unwrap_err();
    assert_eq!(problems[0].remedy, "Did you mean check-in.md?");
}

#[test]
fn a_folder_overrides_one_letter_and_leaves_the_others() {
    let templates =
        with_files(&[("en/letters/stopped.md", "Subject: Bye {{ name }}\n\nBye.\n")]).unwrap();
    let rendered = templates
        .render(&stopped("Ana"), "en", &samples::frame())
        .unwrap();
    assert_eq!(rendered.subject, "Bye Ana");
    assert!(
        rendered
            .text
            .starts_with("Bye.\n\nKind regards,\nAda Martin\n")
    );
    let other = LetterKind::Withdrawn { name: "Ana".into() };
    assert_eq!(
        templates.render(&other, "en", &samples::frame()).unwrap(),
        letter(&other)
    );
}

#[test]
fn topics_in_a_folder_replace_the_built_in_ones() {
    let templates = with_files(&[
        (
            "en/topics/1.md",
            "+++\nid = \"a\"\ntitle = \"A\"\nposition = \"first\"\n+++\nText\n",
        ),
        (
            "en/topics/2.md",
            "+++\nid = \"z\"\ntitle = \"Z\"\nposition = \"last\"\n+++\nText\n",
        ),
    ])
    .unwrap();
    assert_eq!(templates.topic_ids("en"), ["a", "z"]);
}

#[test]
fn a_language_without_letters_is_one_problem() {
    let dir = tempfile::tempdir().unwrap();
    let problems = Templates::load(dir.path(), &["en".into(), "sw".into()]).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0].file, "sw/letters");
}

#[test]
fn every_language_needs_every_topic() {
    let dir = tempfile::tempdir().unwrap();
    let letters = built_in::of("en").filter(|(path, _)| !path.contains("/topics/"));
    let topics = [
        (
            "en/topics/1.md",
            "+++\nid = \"getting-to-know-you\"\ntitle = \"A\"\nposition = \"first\"\n+++\nText\n",
        ),
        (
            "en/topics/2.md",
            "+++\nid = \"z\"\ntitle = \"Z\"\nposition = \"last\"\n+++\nText\n",
        ),
    ];
    let topics = topics.map(|(path, text)| (path.to_owned(), text));
    for (path, text) in letters.chain(topics) {
        let path = dir.path().join(path.replacen("en/", "sw/", 1));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let problems = Templates::load(dir.path(), &["en".into(), "sw".into()]).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0].file, "sw/topics");
    assert!(problems[0].why.contains("library-spaces"), "{problems:#?}");
}

#[test]
fn every_built_in_translation_is_there_and_of_the_wording_that_it_stands_beside() {
    let templates = Templates::built_in();
    let told: Vec<&str> = templates
        .warnings()
        .iter()
        .map(|it| it.file.as_str())
        .collect();
    // Arabic has the letters that most people meet, and says itself what it lacks.
    assert_eq!(
        told,
        ["ar/letters", "ar/topics"],
        "{:#?}",
        templates.warnings()
    );
}

#[test]
fn letters_that_a_language_lacks_go_out_in_english_and_are_told() {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in built_in::of("en") {
        if path.ends_with("/check-in.md") || path.ends_with("/stopped.md") {
            continue;
        }
        // A topic that is still the English text would be told, too.
        let text = &text.replace("A topic", "Mada").replace("\n- ", "\n- (sw) ");
        let path = dir.path().join(path.replacen("en/", "sw/", 1));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let templates = Templates::load(dir.path(), &["en".into(), "sw".into()]).unwrap();
    let [told, sentences] = templates.warnings() else {
        panic!("{:#?}", templates.warnings());
    };
    assert!(told.why.ends_with("check-in, stopped"), "{told}");
    // The digest is translated, and what the rules say in it is not.
    assert_eq!(sentences.file, "sw/sentences.toml");
    let rendered = templates
        .render(&stopped("Ana"), "sw", &samples::frame())
        .unwrap();
    assert_eq!(rendered, letter(&stopped("Ana")));
}

#[test]
fn a_translation_of_an_older_wording_is_told_and_goes_out() {
    let dir = tempfile::tempdir().unwrap();
    let letters = dir.path().join("en/letters");
    std::fs::create_dir_all(&letters).unwrap();
    std::fs::write(
        letters.join("stopped.md"),
        "Subject: Bye\n\nBye, {{ name }}.\n",
    )
    .unwrap();
    let templates = Templates::load(dir.path(), &["en".into(), "es".into()]).unwrap();
    let told: Vec<&Problem> = templates
        .warnings()
        .iter()
        .filter(|it| it.file == "es/letters/stopped.md")
        .collect();
    assert_eq!(told.len(), 1, "{told:#?}");
    assert!(told[0].why.contains("en/letters/stopped.md"), "{told:#?}");
    let rendered = templates
        .render(&stopped("Ana"), "es", &samples::frame())
        .unwrap();
    assert!(rendered.text.contains("Hola, Ana:"), "{}", rendered.text);
}

#[test]
fn a_problem_below_a_stamp_is_told_with_its_line() {
    let problems = with_files(&[(
        "en/letters/stopped.md",
        "Translates: 01234567\nSubject: Bye\n\nBye, {{ nam }}.\n",
    )])
    .unwrap_err();
    assert_eq!(problems[0].line, Some(4), "{problems:#?}");
}

#[test]
fn a_misspelt_folder_is_told() {
    let problems = with_files(&[("en/leters/stopped.md", "Subject: Bye\n\nBye\n")]).unwrap_err();
    assert_eq!(problems[0].remedy, "Did you mean letters?");
}

#[test]
fn an_unknown_language_gets_the_default_one() {
    let rendered = Templates::built_in()
        .render(&stopped("Ana"), "de", &samples::frame())
        .unwrap();
    assert!(rendered.html.contains("lang=\"en\""));
}

#[test]
fn both_sets_of_topics_start_and_end_as_they_should_and_ask_three_to_six_questions() {
    let templates = Templates::built_in();
    let topics = templates.topics("en");
    assert_eq!(topics.len(), 18);
    assert_eq!(topics[0].id, "getting-to-know-you");
    assert_eq!(topics[8].id, "reflection");
    assert_eq!(topics[9].id, "a-day-at-work");
    assert_eq!(topics[17].id, "what-lasts");
    let in_language = templates.in_language("en").unwrap();
    for topic in in_language.topics.iter() {
        let questions: Vec<&str> = topic
            .markdown
            .lines()
            .filter(|line| line.starts_with("- "))
            .collect();
        assert!((3..=6).contains(&questions.len()), "{}", topic.topic.id);
        // The last question is where the learning is.
        let last = questions.last().unwrap();
        assert!(
            last.contains("might") || last.contains("differently"),
            "{last}"
        );
    }
}

#[test]
fn letters_without_an_answer_address_say_where_to_write() {
    let frame = Frame {
        answers_to: None,
        ..samples::frame()
    };
    let rendered = Templates::built_in()
        .render(&stopped("Ana"), "en", &frame)
        .unwrap();
    assert!(rendered.text.contains("exchange@example.org"));
    assert!(!rendered.html.contains("+r1k7q29fpm"));
}
