//! Checks the layers of CONTRIBUTING.md ("The house"): imports go one way, and no files import each other in a cycle. Between the crates
//! of the core Cargo checks it; here it is checked that they depend on nothing that does I/O.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, Item, UseTree, VisRestricted};

/// The crates of the pure core; the daemon imports them as modules of these names.
const CORE: [&str; 10] =
    ["address", "article", "entity", "extract", "feed", "filter", "model", "quote", "record", "text"];

/// What no crate of the core may depend on, directly or through others.
const IMPURE: [&str; 8] = ["axum", "curl-sys", "hyper", "mio", "rdkafka", "reqwest", "rusqlite", "tokio"];

/// The modules that each top-level module of the daemon may import.
const LAYERS: &[(&str, &[&str])] = &[
    ("clock", &[]),
    ("limit", &[]),
    ("options", &[]),
    ("telemetry", &["address", "options"]),
    ("fetch", &["address", "clock", "limit", "options"]),
    ("schedule", &["clock", "options"]),
    ("journal", &["options", "record"]),
    ("config", &["address", "article", "fetch", "filter", "journal", "options", "record", "schedule", "telemetry"]),
    ("discovery", &["address", "article", "feed", "fetch", "schedule"]),
    ("health", &["address", "clock", "record", "schedule", "telemetry"]),
    ("websub", &["address", "clock", "feed", "fetch", "schedule"]),
    ("state", &["address", "article", "config", "feed", "fetch", "health", "journal", "record", "schedule", "websub"]),
    (
        "pipeline",
        &[
            "address",
            "article",
            "clock",
            "config",
            "extract",
            "feed",
            "fetch",
            "filter",
            "health",
            "journal",
            "limit",
            "options",
            "record",
            "schedule",
            "state",
            "telemetry",
            "text",
            "websub",
        ],
    ),
    (
        "serve",
        &[
            "address",
            "article",
            "clock",
            "config",
            "discovery",
            "feed",
            "fetch",
            "filter",
            "health",
            "options",
            "pipeline",
            "record",
            "schedule",
            "state",
            "telemetry",
            "text",
            "websub",
        ],
    ),
];

type Module = Vec<String>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The modules of a crate with the paths that each names outside its tests.
struct Program {
    /// Maps a module to the paths it names, from the crate's root.
    paths: BTreeMap<Module, BTreeSet<Module>>,
    /// Maps a module and a name to the module that the name is re-exported from.
    exports: BTreeMap<(Module, String), Module>,
}

/// Collects the paths of one file.
struct Paths<'a> {
    module: &'a Module,
    found: BTreeSet<Module>,
    public: BTreeSet<Module>,
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|a| {
        a.path().is_ident("cfg") && a.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

impl Paths<'_> {
    /// Records a path, with `crate`, `self` and `super` resolved.
    fn note(&mut self, path: &[String], is_public: bool) {
        // A path without these keywords is a child's, or it belongs to another crate and is not found.
        let mut full = self.module.clone();
        for part in path {
            match part.as_str() {
                "crate" => full.clear(),
                // The daemon may name a crate of the core by either of its names.
                name if name.starts_with("dateline_") => full = vec![name["dateline_".len()..].to_owned()],
                "super" => drop(full.pop()),
                "self" => {}
                name => full.push(name.to_owned()),
            }
        }
        if is_public { &mut self.public } else { &mut self.found }.insert(full);
    }

    fn note_tree(&mut self, before: &[String], tree: &UseTree, is_public: bool) {
        let with = |name: String| before.iter().cloned().chain([name]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.note_tree(&with(path.ident.to_string()), &path.tree, is_public),
            UseTree::Name(name) if name.ident == "self" => self.note(before, is_public),
            UseTree::Name(name) => self.note(&with(name.ident.to_string()), is_public),
            UseTree::Rename(name) => self.note(&with(name.ident.to_string()), is_public),
            UseTree::Glob(_) => self.note(before, is_public),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.note_tree(before, tree, is_public)),
        }
    }
}

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(module) if is_test(&module.attrs) => {}
            Item::Fn(function) if is_test(&function.attrs) => {}
            Item::Impl(block) if is_test(&block.attrs) => {}
            Item::Use(import) if is_test(&import.attrs) => {}
            Item::Use(import) => {
                self.note_tree(&[], &import.tree, !matches!(import.vis, syn::Visibility::Inherited));
            }
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        if !is_test(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            if matches!(names[0].as_str(), "crate" | "self" | "super") || names[0].starts_with("dateline_") {
                self.note(&names, false);
            }
        }
        visit::visit_path(self, path);
    }

    /// Ignores `pub(in PATH)`, which imports nothing.
    fn visit_vis_restricted(&mut self, _: &'ast VisRestricted) {}
}

impl Program {
    /// Reads a crate of the workspace, whose folder is given from the workspace's root.
    fn read(folder: &str) -> Self {
        let mut program = Self { paths: BTreeMap::new(), exports: BTreeMap::new() };
        program.read_module(&root().join(folder).join("src/lib.rs"), &Vec::new());
        program
    }

    /// Reads the daemon, to which the crates of the core are modules.
    fn daemon() -> Self {
        let mut program = Self::read("");
        program.paths.extend(CORE.map(|name| (vec![name.to_owned()], BTreeSet::new())));
        program
    }

    /// Reads a file and the files of its modules.
    fn read_module(&mut self, file: &Path, module: &Module) {
        let source = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let source = syn::parse_file(&source).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let folder = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("lib" | "mod") => file.parent().expect("a file has a folder").to_owned(),
            _ => file.with_extension(""),
        };
        for item in &source.items {
            let Item::Mod(child) = item else { continue };
            if child.content.is_some() || is_test(&child.attrs) {
                continue;
            }
            let name = child.ident.to_string();
            let path: Module = module.iter().cloned().chain([name.clone()]).collect();
            let [flat, nested] = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
            self.read_module(if flat.exists() { &flat } else { &nested }, &path);
        }
        let mut paths = Paths { module, found: BTreeSet::new(), public: BTreeSet::new() };
        paths.visit_file(&source);
        for path in paths.public {
            // A re-export of a child's item belongs to the child; a re-export of another module's item is an import.
            if path.starts_with(module) {
                let name = path.last().expect("a path has a name").clone();
                self.exports.insert((module.clone(), name), path);
            } else {
                paths.found.insert(path);
            }
        }
        self.paths.insert(module.clone(), paths.found);
    }

    /// Returns the module whose file holds what a path names.
    fn home(&self, path: &Module) -> Option<Module> {
        let mut path = path.clone();
        for _ in 0..8 {
            let known = (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|m| self.paths.contains_key(m))?;
            match path.get(known.len()).and_then(|name| self.exports.get(&(known.clone(), name.clone()))) {
                Some(shown) => path = shown.iter().chain(&path[known.len() + 1..]).cloned().collect(),
                None => return Some(known),
            }
        }
        None
    }

    /// Maps each module to the modules it imports.
    fn imports(&self) -> BTreeMap<Module, BTreeSet<Module>> {
        let of = |(module, paths): (&Module, &BTreeSet<Module>)| {
            let imported = paths.iter().filter_map(|path| self.home(path)).filter(|home| home != module);
            (module.clone(), imported.collect())
        };
        self.paths.iter().filter(|(module, _)| !module.is_empty()).map(of).collect()
    }
}

/// Returns all modules that a module imports, directly or through others.
fn reached(imports: &BTreeMap<Module, BTreeSet<Module>>, from: &Module) -> BTreeSet<Module> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from.clone()]);
    while let Some(module) = next.pop() {
        for imported in imports.get(&module).into_iter().flatten() {
            if reached.insert(imported.clone()) {
                next.push(imported.clone());
            }
        }
    }
    reached
}

#[test]
fn no_files_import_each_other() {
    let (mut circular, mut read) = (Vec::new(), 0);
    let folders = CORE.map(|name| format!("crates/{name}"));
    for folder in folders.iter().map(String::as_str).chain([""]) {
        let imports = Program::read(folder).imports();
        read += imports.len();
        let own = imports.keys().filter(|module| reached(&imports, module).contains(*module));
        circular.extend(own.map(|module| format!("{folder}/src/{}", module.join("/"))));
    }
    assert!(read > 200, "{read} modules read");
    assert!(circular.is_empty(), "import each other: {circular:#?}");
}

#[test]
fn imports_go_one_way() {
    let imports = Program::daemon().imports();
    let mut against = Vec::new();
    for (module, imported) in &imports {
        let Some((_, allowed)) = LAYERS.iter().find(|(layer, _)| *layer == module[0]) else { continue };
        for other in imported.iter().filter(|other| other[0] != module[0] && !allowed.contains(&other[0].as_str())) {
            against.push(format!("{} imports {}", module.join("/"), other.join("/")));
        }
    }
    assert!(against.is_empty(), "{against:#?}");
}

/// Maps each package of a lock file to the packages it depends on.
fn locked() -> BTreeMap<Module, BTreeSet<Module>> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).expect("the lock file can be read");
    let lock: toml_edit::DocumentMut = lock.parse().expect("the lock file is TOML");
    let packages = lock["package"].as_array_of_tables().expect("the lock file lists packages");
    // A dependency is "name", or "name version" where the lock file has several versions; the versions are taken together.
    let name = |text: &str| vec![text.split(' ').next().unwrap_or(text).to_owned()];
    let mut locked: BTreeMap<Module, BTreeSet<Module>> = BTreeMap::new();
    for package in packages {
        let dependencies = package.get("dependencies").and_then(toml_edit::Item::as_array).into_iter().flatten();
        let dependencies = dependencies.filter_map(|dependency| dependency.as_str().map(name));
        locked.entry(name(package["name"].as_str().expect("a package has a name"))).or_default().extend(dependencies);
    }
    locked
}

#[test]
fn the_core_depends_on_nothing_that_does_io() {
    let locked = locked();
    for crate_name in CORE {
        let package = vec![format!("dateline-{crate_name}")];
        assert!(locked.contains_key(&package), "{package:?} is not in the lock file");
        let reached = reached(&locked, &package);
        let impure: Vec<_> = IMPURE.iter().filter(|name| reached.contains(&vec![(**name).to_owned()])).collect();
        assert!(impure.is_empty(), "dateline-{crate_name} depends on {impure:?}");
    }
    let daemon = reached(&locked, &vec!["dateline".to_owned()]);
    let known = IMPURE.iter().all(|name| daemon.contains(&vec![(*name).to_owned()]));
    assert!(known, "a name of the list is not one of the daemon's dependencies");
}
