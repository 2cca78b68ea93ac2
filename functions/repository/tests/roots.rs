//! Which kustomizations of a repository are built by themselves, and what else is to be known of it.

use std::path::{Path, PathBuf};

use repository::Repository;
use tempfile::TempDir;

const EMPTY: &str = "resources: []\n";

/// A repository with these files.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().expect("a temporary directory can be made");
    for (file, text) in files {
        let path = directory.path().join(file);
        std::fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("it can be made");
        std::fs::write(path, text).expect("it can be written");
    }
    directory
}

fn opened(files: &[(&str, &str)], paths: &[&str]) -> Repository {
    let directory = repository(files);
    let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
    Repository::open(directory.path(), &paths).expect("it is there")
}

/// The roots with what deploys them: `apps/web <- Application argocd/web`.
fn roots(repository: &Repository) -> Vec<String> {
    let told = repository.roots().iter().map(|root| {
        let applications = root.applications.iter().fold(String::new(), |text, one| format!("{text} <- {one}"));
        format!("{}{applications}", root.directory.display())
    });
    told.collect()
}

fn remarks(repository: &Repository) -> Vec<String> {
    repository.remarks().iter().map(|remark| format!("{}: {}", remark.file.display(), remark.message)).collect()
}

/// Names of kustomizations, each without content.
fn with_empty(directories: &[&str], files: &[(&str, &str)]) -> Vec<(String, String)> {
    let empty = directories.iter().map(|directory| (format!("{directory}/kustomization.yaml"), EMPTY.to_owned()));
    empty.chain(files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned()))).collect()
}

fn roots_of(directories: &[&str], files: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let files = with_empty(directories, files);
    let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let repository = opened(&files, &[]);
    (roots(&repository), remarks(&repository))
}

#[test]
fn what_no_other_kustomization_names_is_a_root() {
    let (roots, remarks) = roots_of(
        &["base", "functions", "generators", "old", "alone", "a/b/c"],
        &[
            (
                "overlay/kustomization.yml",
                "resources: [../base, ../middle]\ntransformers: [../functions]\ngenerators: [../generators]\n",
            ),
            ("middle/Kustomization", "bases: [../old]\ncomponents: [../component]\n"),
            ("component/kustomization.yaml", "kind: Component\n"),
            ("unused/kustomization.yaml", "kind: Component\n"),
            ("target/x/kustomization.yaml", EMPTY),
            ("alone/charts/x/kustomization.yaml", EMPTY),
            ("node_modules/kustomization.yaml", EMPTY),
            (".git/kustomization.yaml", EMPTY),
            ("hydrated/.hydrated", ""),
            ("hydrated/kustomization.yaml", EMPTY),
        ],
    );
    assert_eq!(roots, ["a/b/c", "alone", "overlay"]);
    assert_eq!(remarks, [""; 0]);
}

/// The settings of a cluster stay when its last application goes, and no kustomization names them any more.
#[test]
fn what_holds_configs_of_functions_alone_is_no_root() {
    let ours = "apiVersion: replatform.dev/v1alpha1\nkind: RouteToIngress\nmetadata: {name: r}\n";
    let of_others = "apiVersion: example.com/v1\nkind: F\nmetadata: {name: f, annotations: {config.kubernetes.io/function: 'exec: {path: f}'}}\n";
    let builtin = "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: l}\n";
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    for (config, kustomization, is_root) in [
        (ours, "resources: [a.yaml]\n", false),
        (
            ours,
            "resources: [../shared]\ncomponents: [../runtime]\npatches: [{patch: 'kind: any', target: {kind: A}}]\n",
            false,
        ),
        (of_others, "resources: [a.yaml]\n", false),
        (builtin, "resources: [a.yaml]\n", false),
        (map, "resources: [a.yaml]\n", true),
        (&format!("{ours}---\n{map}"), "resources: [a.yaml]\n", true),
        (ours, "resources: [a.yaml]\nconfigMapGenerator: [{name: c, literals: [a=b]}]\n", true),
        (ours, "resources: [a.yaml, 'https://example.com/x?ref=v1']\n", true),
        (ours, "resources: [a.yaml]\nhelmCharts: [{name: web, repo: 'https://example.com'}]\n", true),
        (ours, "resources: []\n", true),
        // It makes objects, whatever holds the config of the generator.
        (ours, "generators: [a.yaml]\n", true),
        (ours, "generators: [../shared]\n", true),
        (ours, "resources: [a.yaml]\ngenerators: [../shared]\n", true),
    ] {
        let (roots, _) = roots_of(
            &["web"],
            &[
                ("cluster/transformers/kustomization.yaml", kustomization),
                ("cluster/transformers/a.yaml", config),
                ("cluster/shared/kustomization.yaml", "resources: [a.yaml]\n"),
                ("cluster/shared/a.yaml", config),
                ("cluster/runtime/kustomization.yaml", "kind: Component\n"),
            ],
        );
        let found = roots.iter().any(|root| root == "cluster/transformers");
        assert_eq!(found, is_root, "{kustomization}{config}");
    }
}

#[test]
fn what_argo_cd_and_flux_name_is_a_root_too() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web, namespace: argocd}\n";
    for (file, expected) in [
        (format!("{application}spec: {{source: {{path: apps/web}}}}\n"), "apps/web <- Application argocd/web"),
        (format!("{application}spec: {{source: {{path: ./apps/web/}}}}\n"), "apps/web <- Application argocd/web"),
        (
            format!("{application}spec: {{sources: [{{chart: a, path: x}}, {{path: apps/web}}]}}\n"),
            "apps/web <- Application argocd/web",
        ),
        (
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\nspec: {path: ./apps/web}\n"
                .to_owned(),
            "apps/web <- Kustomization web",
        ),
    ] {
        let (roots, remarks) =
            roots_of(&["apps/web"], &[("all/kustomization.yaml", "resources: [../apps/web]\n"), ("argo/web.yaml", &file)]);
        assert_eq!((roots, remarks), (vec!["all".to_owned(), expected.to_owned()], Vec::new()), "{file}");
    }
}

/// The roots that an ApplicationSet with these generators and this path deploys, out of a tree of six.
fn deployed(generators: &str, path: &str) -> Vec<String> {
    let set = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all}}\nspec:\n  generators: {generators}\n  \
         template: {{spec: {{source: {{path: '{path}'}}}}}}\n"
    );
    let all =
        "resources: [../apps/a/dev, ../apps/a/prod, ../apps/b/dev, ../apps/b/prod, ../clusters/one, ../clusters/two]\n";
    let directories = ["apps/a/dev", "apps/a/prod", "apps/b/dev", "apps/b/prod", "clusters/one", "clusters/two"];
    let (roots, remarks) = roots_of(
        &directories,
        &[
            ("all/kustomization.yaml", all),
            ("set.yaml", &set),
            ("config/one.json", "{\"cluster\": {\"name\": \"one\"}}"),
            ("config/deep/two.yaml", "- cluster: {name: two}\n"),
        ],
    );
    assert_eq!(remarks, [""; 0], "{set}");
    let deployed = roots.iter().filter_map(|root| root.strip_suffix(" <- ApplicationSet all"));
    deployed.map(str::to_owned).collect()
}

#[test]
fn the_generators_of_an_application_set_are_followed() {
    for (generators, path, expected) in [
        ("[{git: {directories: [{path: 'apps/*/dev'}]}}]", "{{path}}", vec!["apps/a/dev", "apps/b/dev"]),
        ("[{git: {directories: [{path: 'apps/*/dev'}]}}]", "{{ .path.path }}", vec!["apps/a/dev", "apps/b/dev"]),
        (
            "[{git: {directories: [{path: 'apps/*/*'}, {path: apps/b/*, exclude: true}]}}]",
            "{{path}}",
            vec!["apps/a/dev", "apps/a/prod"],
        ),
        (
            "[{git: {directories: [{path: 'apps/*'}]}}]",
            "apps/{{path.basename}}/prod",
            vec!["apps/a/prod", "apps/b/prod"],
        ),
        (
            "[{git: {directories: [{path: 'apps/*'}]}}]",
            "{{path[0]}}/{{index .path.segments 1}}/dev",
            vec!["apps/a/dev", "apps/b/dev"],
        ),
        ("[{git: {files: [{path: 'config/*.json'}]}}]", "clusters/{{cluster.name}}", vec!["clusters/one"]),
        ("[{git: {files: [{path: 'config/**/*.yaml'}]}}]", "clusters/{{.cluster.name}}", vec!["clusters/two"]),
        ("[{list: {elements: [{app: a}, {app: b}]}}]", "apps/{{app}}/dev", vec!["apps/a/dev", "apps/b/dev"]),
        (
            "[{matrix: {generators: [{list: {elements: [{app: a}]}}, {list: {elements: [{env: dev}, {env: prod}]}}]}}]",
            "apps/{{app}}/{{env}}",
            vec!["apps/a/dev", "apps/a/prod"],
        ),
        (
            "[{merge: {mergeKeys: [app], generators: [{list: {elements: [{app: a, env: dev}, {app: b, env: dev}]}}, \
             {list: {elements: [{app: b, env: prod}]}}]}}]",
            "apps/{{app}}/{{env}}",
            vec!["apps/a/dev", "apps/b/prod"],
        ),
        // What only the cluster knows can be anything that is there.
        ("[{clusters: {}}]", "clusters/{{name}}", vec!["clusters/one", "clusters/two"]),
    ] {
        assert_eq!(deployed(generators, path), expected, "{generators} {path}");
    }
}

#[test]
fn what_of_an_application_set_is_not_applied_is_said() {
    let set = |rest: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {{name: all}}\nspec:\n  \
             template: {{spec: {{source: {{path: 'apps/{{{{app}}}}'}}}}}}\n{rest}"
        )
    };
    let list = "list: {elements: [{app: a}, {app: b}]}, selector: {matchLabels: {app: a}}";
    for (rest, expected) in [
        ("  generators: [{list: {elements: [{app: a}]}}]\n  templatePatch: '{spec: {syncPolicy: {}}}'\n", None),
        (
            "  generators: [{list: {elements: [{app: a}]}}]\n  templatePatch: 'spec: {source: {path: b}}'\n",
            Some("templatePatch"),
        ),
        (&format!("  generators: [{{{list}}}]\n"), Some("`selector`")),
        (&format!("  generators: [{{matrix: {{generators: [{{{list}}}]}}}}]\n"), Some("`selector`")),
    ] {
        let (_, remarks) = roots_of(&["apps/a", "apps/b"], &[("set.yaml", &set(rest))]);
        assert_eq!(remarks.len(), usize::from(expected.is_some()), "{rest}: {remarks:?}");
        assert!(expected.is_none_or(|text| remarks[0].contains(text)), "{remarks:?}");
    }
}

#[test]
fn an_application_that_reads_a_rendering_deploys_what_it_was_made_of() {
    let application = |include: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: web}}\nspec:\n  \
             source: {{path: apps, targetRevision: hydrated, directory: {{include: '{include}'}}}}\n"
        )
    };
    let all = ("apps/kustomization.yaml", "resources: [web, shop]\n");
    for (include, expected) in
        [("web.yaml", vec!["apps", "apps/web <- Application web"]), ("*.yaml", vec!["apps <- Application web"])]
    {
        let (roots, remarks) = roots_of(&["apps/web", "apps/shop"], &[all, ("web.yaml", &application(include))]);
        assert_eq!((roots, remarks.len()), (expected.into_iter().map(str::to_owned).collect(), 0), "{include}");
    }
}

#[test]
fn paths_of_applications_begin_at_the_top_of_the_work_tree() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: web}\nspec: {source: {path: k8s/apps/web}}\n";
    let directory = repository(&[
        (".git/HEAD", ""),
        ("k8s/apps/web/kustomization.yaml", EMPTY),
        ("k8s/all/kustomization.yaml", "resources: [../apps/web]\n"),
        ("k8s/argo/web.yaml", application),
    ]);
    let repository = Repository::open(&directory.path().join("k8s"), &[]).expect("it is there");
    assert_eq!(roots(&repository), ["all", "apps/web <- Application web"]);
}

#[test]
fn given_kustomizations_are_the_roots_and_other_directories_are_searched() {
    let files = [
        ("base/kustomization.yaml", EMPTY),
        ("overlay/a/kustomization.yaml", "resources: [../../base]\n"),
        ("overlay/b/kustomization.yaml", "resources: [../../base]\n"),
    ];
    for (paths, expected) in [
        (vec![], vec!["overlay/a", "overlay/b"]),
        (vec!["base"], vec!["base"]),
        (vec!["overlay"], vec!["overlay/a", "overlay/b"]),
        (vec!["overlay/b", "base"], vec!["base", "overlay/b"]),
        (vec!["base", "overlay"], vec!["base", "overlay/a", "overlay/b"]),
    ] {
        assert_eq!(roots(&opened(&files, &paths)), expected, "{paths:?}");
    }
    let directory = repository(&files);
    let missing = Repository::open(directory.path(), &["nowhere".into()]);
    assert!(missing.is_err_and(|reason| reason.contains("nowhere cannot be read")));
}

#[test]
fn what_cannot_be_read_is_said() {
    let (roots, remarks) = roots_of(
        &["ok"],
        &[
            ("broken/kustomization.yaml", "resources: [\n"),
            ("app/kustomization.yaml", "resources: [gone.yaml, ../plain, 'https://example.com/x?ref=v1']\n"),
            ("plain/a.yaml", "kind: ConfigMap\n"),
            (
                "argo.yaml",
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: chart}\nspec: {source: {path: plain}}\n",
            ),
            ("template.yaml", "apiVersion: argoproj.io/v1alpha1\nkind: Application\n{{- range .Values.apps }}\n"),
        ],
    );
    // That it cannot be built is told when it is built.
    assert_eq!(roots, ["app", "broken", "ok"]);
    let expected = [
        "app/kustomization.yaml: names `gone.yaml`, which is not there; correct the path",
        "app/kustomization.yaml: names `https://example.com/x?ref=v1`, which is on another machine and is not looked into",
        "app/kustomization.yaml: names the directory `../plain`, which has no kustomization",
        "argo.yaml: Application chart deploys `plain`, where there is no kustomization: it is not built",
        "broken/kustomization.yaml: is not YAML",
        "template.yaml: is a template, so the directories that it deploys are not known",
    ];
    assert_eq!(remarks.len(), expected.len(), "{remarks:#?}");
    for (remark, expected) in remarks.iter().zip(expected) {
        assert!(remark.starts_with(expected), "{remark}");
    }
}

#[test]
fn bases_are_what_others_build() {
    let repository = opened(
        &[
            ("base/kustomization.yaml", EMPTY),
            ("component/kustomization.yaml", "kind: Component\n"),
            ("functions/kustomization.yaml", "resources: [../more]\n"),
            ("more/kustomization.yaml", EMPTY),
            (
                "a/kustomization.yaml",
                "resources: [../base]\ncomponents: [../component]\ntransformers: [../functions]\n",
            ),
            ("b/kustomization.yaml", "resources: [../base]\n"),
        ],
        &[],
    );
    let bases = repository.bases();
    let told: Vec<_> =
        bases.iter().map(|base| (base.directory.as_path(), base.is_component, base.built_by.len())).collect();
    assert_eq!(told, [(Path::new("base"), false, 2), (Path::new("component"), true, 1)]);
    let closure = repository.closure(&repository.roots()[0]);
    assert_eq!(closure.len(), 5);
}

#[test]
fn links_are_not_followed() {
    let directory = repository(&[("app/kustomization.yaml", EMPTY)]);
    std::os::unix::fs::symlink("app", directory.path().join("link")).expect("it can be made");
    std::os::unix::fs::symlink("..", directory.path().join("app/circle")).expect("it can be made");
    let repository = Repository::open(directory.path(), &[]).expect("it is there");
    assert_eq!(roots(&repository), ["app"]);
    assert_eq!(remarks(&repository).len(), 1, "{:?}", remarks(&repository));
}

#[test]
fn what_is_not_meant_is_left_out_by_a_pattern() {
    let directories = ["overlay/dev/openshift", "overlay/dev/k3s", "overlay/prod/openshift-1/web", "openshift", "."];
    for (patterns, out) in [
        (&["overlay/*/openshift*"][..], &["overlay/dev/openshift", "overlay/prod/openshift-1/web"][..]),
        (&["**/openshift"], &["openshift", "overlay/dev/openshift"]),
        (&["./overlay/dev/", "openshift"], &["openshift", "overlay/dev/k3s", "overlay/dev/openshift"]),
        (&["open"], &[]),
        (&["*"], &[".", "openshift", "overlay/dev/k3s", "overlay/dev/openshift", "overlay/prod/openshift-1/web"]),
    ] {
        let files = with_empty(&directories, &[]);
        let files: Vec<(&str, &str)> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        let mut repository = opened(&files, &[]);
        let before = repository.roots().len();
        let left_out = patterns.iter().flat_map(|pattern| repository.exclude(pattern).expect("it is a pattern"));
        let mut left_out: Vec<_> = left_out.map(|path| path.display().to_string()).collect();
        left_out.sort();
        assert_eq!(
            (left_out, repository.roots().len()),
            (out.iter().map(|path| (*path).to_owned()).collect(), before - out.len())
        );
    }
    let mut repository = opened(&[("kustomization.yaml", EMPTY)], &[]);
    assert!(repository.exclude("[").is_err_and(|reason| reason.contains("`[` is no pattern")));
}
