//! `dateline models`: lists the models that are built into the program.

use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CliError, print_line};

/// The list of models, beside their weights and cards.
const MODELS: &str = include_str!("../../crates/model/weights/models.toml");

/// What the list ends with.
const NOTE: &str = "! marks data that is for research or non-commercial use only, or was published without a licence.
The program is licensed under Apache-2.0. Whether the terms of training data bind those who use weights trained on it
differs from country to country: check the marked data before commercial use, or train on other data (training/README.md).";

/// Lists the models built into the program: what each finds, its size and figures, and the terms of its training data.
///
/// Nothing is downloaded, neither when the program is built nor while it runs.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One JSON object a line instead of text.
    #[arg(long)]
    json: bool,
}

/// A model, as the list describes it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Model {
    /// The name of its card.
    name: String,
    /// The setting that selects it; `None` for a model that is always used.
    #[serde(default)]
    setting: Option<String>,
    /// What it finds.
    does: String,
    /// Its kind.
    how: String,
    /// Its weights and word lists.
    files: Vec<String>,
    /// The size of all its files.
    bytes: u64,
    /// The models that it is used together with.
    #[serde(default)]
    needs: Vec<String>,
    /// The file that describes it in full.
    card: String,
    /// How well it works.
    figures: Vec<Figure>,
    /// What it was trained on.
    data: Vec<Data>,
}

/// A measured value.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Figure {
    /// The set on which it was measured.
    of: String,
    /// What was measured.
    measure: String,
    /// The value, as written in the card.
    value: String,
}

/// Training data.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    /// Its name.
    name: String,
    /// Its licence, or the terms under which it was published.
    terms: String,
    /// Whether it is not free for every use.
    #[serde(default)]
    restricted: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let models = models().map_err(CliError::Work)?;
    if args.json {
        return models.iter().try_for_each(|model| {
            let line = serde_json::to_string(model).map_err(|error| CliError::Work(error.to_string()))?;
            print_line(&mut out, format_args!("{line}"))
        });
    }
    models.iter().try_for_each(|model| print(&mut out, model))?;
    print_line(&mut out, format_args!("{NOTE}"))
}

/// Prints one model.
fn print(out: &mut impl Write, model: &Model) -> Result<(), CliError> {
    let Model { name, does, how, card, .. } = model;
    let tenths = (model.bytes + 50_000) / 100_000;
    print_line(out, format_args!("{name}, {}.{} MB", tenths / 10, tenths % 10))?;
    let mut line = |field: &str, value: &str| print_line(out, format_args!("  {field:<8} {value}"));
    line("finds", does)?;
    line("by", how)?;
    line("setting", model.setting.as_deref().unwrap_or("none: always used"))?;
    if !model.needs.is_empty() {
        line("needs", &format!("{} (their data counts too)", model.needs.join(", ")))?;
    }
    let figures = model.figures.iter().map(|figure| format!("{} {} on {}", figure.measure, figure.value, figure.of));
    for (at, figure) in figures.enumerate() {
        line(if at == 0 { "figures" } else { "" }, &figure)?;
    }
    for (at, data) in model.data.iter().enumerate() {
        let mark = if data.restricted { "!" } else { " " };
        line(if at == 0 { "data" } else { "" }, &format!("{mark} {}: {}", data.name, data.terms))?;
    }
    line("card", card)?;
    print_line(out, format_args!(""))
}

/// Returns the models of the list.
fn models() -> Result<Vec<Model>, String> {
    let document = toml_edit::Document::parse(MODELS).map_err(|error| error.to_string())?;
    let tables = document.get("model").and_then(toml_edit::Item::as_array_of_tables).into_iter().flatten();
    tables
        .map(|table| {
            let value = json(&toml_edit::Value::InlineTable(table.clone().into_inline_table()));
            serde_json::from_value(value).map_err(|error| error.to_string())
        })
        .collect()
}

/// Converts a value of the list.
fn json(value: &toml_edit::Value) -> Value {
    use toml_edit::Value::{Array, Boolean, Datetime, Float, InlineTable, Integer, String};
    match value {
        String(text) => text.value().clone().into(),
        Integer(number) => (*number.value()).into(),
        Float(number) => (*number.value()).into(),
        Boolean(flag) => (*flag.value()).into(),
        Datetime(time) => time.value().to_string().into(),
        Array(items) => items.iter().map(json).collect(),
        InlineTable(table) => table.iter().map(|(key, value)| (key.to_owned(), json(value))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// Returns the files of the folders named `models` or `weights`, by name.
    fn files(folder: &Path, is_inside: bool, found: &mut BTreeMap<String, PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !["target", ".git", "tests", "fuzz", "shared"].contains(&name.as_str()) {
                    files(&path, is_inside || name == "models" || name == "weights", found);
                }
            } else if is_inside {
                assert!(found.insert(name, path).is_none(), "two files of one name");
            }
        }
    }

    #[test]
    fn every_built_in_weight_is_listed_with_its_size_and_the_figures_and_terms_of_its_card() {
        let mut found = BTreeMap::new();
        files(Path::new(env!("CARGO_MANIFEST_DIR")), false, &mut found);
        let models = models().unwrap();
        let listed: Vec<&String> = models.iter().flat_map(|model| &model.files).collect();
        for (name, path) in &found {
            let kind = path.extension().unwrap_or_default();
            let is_data = kind == "bin" || kind == "safetensors" || kind == "txt";
            assert!(!is_data || listed.contains(&name), "{name} is missing in models.toml");
        }
        for Model { name, files, bytes, needs, card, figures, data, .. } in &models {
            let size: u64 = files.iter().map(|file| fs::metadata(&found[file]).unwrap().len()).sum();
            assert_eq!(size, *bytes, "models.toml: write bytes = {size} for {name}");
            assert!(needs.iter().all(|needed| models.iter().any(|model| model.name == *needed)), "{name}: {needs:?}");
            assert!(!figures.is_empty() && !data.is_empty(), "{name}");
            let card = fs::read_to_string(&found[card]).unwrap();
            let says = |one: &str, other: &str| card.lines().any(|line| line.contains(one) && line.contains(other));
            for Figure { of, measure, value } in figures {
                assert!(says(of, value) || says(measure, value), "the card of {name} says otherwise: {of}, {value}");
            }
            for Data { name: source, terms, .. } in data {
                assert!(says(source, terms), "the card of {name} says otherwise: {source}, {terms}");
            }
        }
    }

    fn read(path: &str) -> String {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
    }

    /// Returns the first row of a table in Markdown that begins with the word.
    fn row<'a>(text: &'a str, first: &str) -> &'a str {
        let begins = format!("| {first} |");
        text.lines().find(|line| line.starts_with(&begins)).unwrap_or_else(|| panic!("no row {first}"))
    }

    #[test]
    fn the_documentation_has_the_figures_of_each_language() {
        let (page, readme) = (read("docs/models.md"), read("README.md"));
        for (code, language) in [
            ("de-", "German"),
            ("fr-", "French"),
            ("es-", "Spanish"),
            ("it-", "Italian"),
            ("nl-", "Dutch"),
            ("pt-", "Portuguese"),
            ("sv-", "Swedish"),
            ("da-", "Danish"),
            ("nb-", "Norwegian"),
        ] {
            let models = models().unwrap();
            let figures = models.iter().flat_map(|model| &model.figures);
            for figure in figures.filter(|figure| figure.of.split(' ').any(|set| set.starts_with(code))) {
                assert!(row(&page, language).contains(&figure.value), "docs/models.md, {language}: {figure:?}");
            }
            let short = row(&readme, language).split(' ').filter(|word| word.starts_with("0."));
            short.for_each(|value| assert!(row(&page, language).contains(value), "README.md, {language}: {value}"));
        }
    }

    #[test]
    fn the_documentation_has_the_terms_of_all_data() {
        let page = read("docs/models.md");
        for Model { name, data, .. } in models().unwrap() {
            // The lists of words are there under the names of their sources.
            for Data { name: source, restricted, .. } in data.iter().filter(|data| !data.name.contains(".txt")) {
                let is_of = |line: &str| line.split(['|', ',', ';', ' ']).any(|word| word == name);
                let rows = |part: &str| {
                    let rows = page.lines().filter(|line| line.starts_with("| ") && line.contains(part) && is_of(line));
                    rows.collect::<Vec<_>>()
                };
                let parts: Vec<&str> = source.split(", ").collect();
                assert!(!rows(parts[0]).is_empty(), "docs/models.md, terms: {source} of {name} is missing");
                let is_bold = parts.iter().flat_map(|part| rows(part)).any(|line| line.contains("**"));
                assert!(is_bold || !restricted, "docs/models.md, terms: {source} of {name} must be bold");
            }
        }
    }

    #[test]
    fn a_model_is_printed_with_its_terms() {
        let models = models().unwrap();
        let mut out = Vec::new();
        print(&mut out, &models[0]).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert!(out.starts_with("names-fast, 4.5 MB\n  finds    names of persons"), "{out}");
        assert!(out.contains("  figures  F1 0.931 on conll2003.dev\n"), "{out}");
        assert!(out.contains("  data     ! CoNLL-2003, English, train: annotation free; Reuters"), "{out}");
        assert!(out.contains("             Broad Twitter Corpus: CC BY 4.0\n"), "{out}");
    }
}
