//! What a publisher sees: four days of polling, compressed into seconds, against sites with every known behaviour.
//!
//! `DATELINE_WRITE_DOCS=1 cargo test --release --test daemon polling` writes the table into `docs/polling.md`.

mod pages;
mod scenes;
mod script;

use script::{Asked, Scene, Seen, play};

/// Marks the start of the table.
const BEGIN: &str = "<!-- from tests/daemon/polling -->\n";
const END: &str = "<!-- end -->\n";

/// How a site's feed was requested, in the categories of a score for feed readers.
struct Score {
    requests: usize,
    conditional: usize,
    /// Requests without validators although validators were known.
    unconditional: usize,
    /// Requests with validators other than those received last.
    wrong: usize,
    cookies: usize,
    referrers: usize,
    unnamed: usize,
    early: usize,
}

fn score(seen: &Seen) -> Score {
    let mut score = Score {
        requests: 0,
        conditional: 0,
        unconditional: 0,
        wrong: 0,
        cookies: 0,
        referrers: 0,
        unnamed: 0,
        early: 0,
    };
    let mut validators: Option<(Option<String>, Option<String>)> = None;
    let documents = |asked: &&Asked| {
        !asked.path.starts_with("/story") && !["/robots.txt", "/portal", "/news.xml"].contains(&&*asked.path)
    };
    for asked in seen.asked.iter().filter(documents) {
        score.requests += 1;
        score.conditional += usize::from(asked.is_conditional());
        let is_answer = matches!(asked.reply.status, 200 | 226 | 304);
        if let Some((etag, date)) = &validators {
            let sent = (asked.header("if-none-match"), asked.header("if-modified-since"));
            let none = sent == (None, None) && (etag.is_some() || date.is_some());
            score.unconditional += usize::from(none && is_answer);
            score.wrong += usize::from(sent != (None, None) && sent != (etag.clone(), date.clone()));
        }
        if is_answer && !asked.reply.hangs {
            let before = validators.take().filter(|_| asked.reply.status == 304).unwrap_or_default();
            let new = |name| asked.reply.header(name).map(str::to_owned);
            validators = Some((new("etag").or(before.0), new("last-modified").or(before.1)));
        }
    }
    for asked in &seen.asked {
        score.cookies += usize::from(asked.header("cookie").is_some());
        score.referrers += usize::from(asked.header("referer").is_some());
        let agent = asked.header("user-agent").unwrap_or_default();
        score.unnamed += usize::from(!agent.starts_with("dateline/") || !agent.contains("+https://example.org/bot"));
    }
    let minute = chrono::TimeDelta::seconds(59);
    score.early += usize::from(seen.spacing() < minute);
    score
}

#[test]
fn a_publisher_has_no_cause_to_complain() {
    let scenes = scenes::scenes();
    let started = std::time::Instant::now();
    let seen = play(&scenes, pages::start(), 4);
    let mut table = String::from(
        "| site | what it does | what the daemon did | requests | conditional | unconditional again | wrong validators | least spacing | pass |\n\
         | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | --- |\n",
    );
    let mut faults = Vec::new();
    let mut sums = [0; 6];
    for scene in &scenes {
        let (line, fault, score) = judge(scene, &seen[scene.name]);
        table += &line;
        faults.extend(fault);
        let figures = [
            score.requests,
            score.conditional,
            score.wrong,
            score.cookies,
            score.referrers,
            score.unnamed + score.early,
        ];
        sums.iter_mut().zip(figures).for_each(|(sum, figure)| *sum += figure);
    }
    let [requests, conditional, wrong, cookies, referrers, odd] = sums;
    let summary = format!(
        "\n{} sites, four days: {requests} requests for feeds, {:.1} % conditional, {wrong} with wrong validators, {cookies} cookies, \
         {referrers} referrers, {odd} without the daemon's name or less than a minute after the last.\n",
        scenes.len(),
        100.0 * conditional as f64 / requests as f64,
    );
    table += &summary;
    eprintln!("{table}\nplayed in {:.1?}", started.elapsed());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    documented(&table, &scenes);
}

fn judge(scene: &Scene, seen: &Seen) -> (String, Vec<String>, Score) {
    let score = score(seen);
    let mut faults = Vec::new();
    let done = (scene.check)(seen).unwrap_or_else(|wrong| {
        faults.push(format!("{}: {wrong}; reported {:?}; {}", scene.name, seen.reported(), seen.state.reason));
        wrong
    });
    let clean = [score.wrong, score.cookies, score.referrers, score.unnamed, score.early] == [0; 5];
    if !clean || (scene.once && score.unconditional > 0) {
        let Score { unconditional, wrong, early, .. } = score;
        faults.push(format!(
            "{}: {unconditional} unconditional again, {wrong} wrong validators, {early} early",
            scene.name
        ));
    }
    let pass = if faults.is_empty() { "yes" } else { "**no**" };
    let share = 100 * score.conditional / score.requests.max(1);
    let spacing = seen.spacing();
    let spacing =
        if spacing == chrono::TimeDelta::MAX { "–".to_owned() } else { format!("{} min", spacing.num_minutes()) };
    let line = format!(
        "| `{}` | {} | {done} | {} | {share} % | {} | {} | {spacing} | {pass} |\n",
        scene.name, scene.what, score.requests, score.unconditional, score.wrong
    );
    (line, faults, score)
}

/// Checks that the documentation contains the table with every scene.
fn documented(table: &str, scenes: &[Scene]) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/polling.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (head, rest) = text.split_once(BEGIN).unwrap();
    let (old, tail) = rest.split_once(END).unwrap();
    if std::env::var_os("DATELINE_WRITE_DOCS").is_some() {
        std::fs::write(path, format!("{head}{BEGIN}{table}{END}{tail}")).unwrap();
        return;
    }
    for scene in scenes {
        assert!(
            old.contains(&format!("| `{}` | {} |", scene.name, scene.what)),
            "{} is not in docs/polling.md",
            scene.name
        );
    }
}
