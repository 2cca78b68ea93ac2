//! Rewrites the registries of images, wherever manifests name images.

mod by_prefix;
mod charts;
mod config;
mod custom_lists;
mod document;
mod field_table;
mod images;
mod lists;
mod mapping;
mod named_values;
mod new_list;
mod place;
mod pull_secrets;
mod pulling;
mod registries;
mod report;
mod rewrite;
mod rewrite_parts;
mod rewrite_texts;
mod rule;
mod search;
mod signs;
mod splits;
mod told;

use krm::config::ConfigError;
use krm::finding::Findings;
use krm::function::{Function, Role};
use krm::resource_list::{Item, ItemId, Prefilter, Resources};

use document::Document;
use field_table::FieldTable;
use mapping::Mapping;
use pull_secrets::PullSecrets;
use report::Usage;
use rewrite::Rewriter;
use search::Search;
use told::Told;

pub use config::Spec;
pub use rule::Rule;

/// The function, as hosts and Pipelines run it.
pub struct ImageRegistryRewrite;

impl Function for ImageRegistryRewrite {
    type Spec = Spec;
    type Rule = Rule;
    const NAME: &'static str = env!("CARGO_PKG_NAME");
    const KIND: &'static str = "ImageRegistryRewrite";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const ABOUT: &'static str = env!("CARGO_PKG_DESCRIPTION");
    const ROLE: Role = Role::Transformer;
    const RULE_EXAMPLES: &'static str = include_str!("../rule-examples.tsv");

    fn run(spec: &Spec, resources: &mut Resources, findings: &mut Findings) -> Result<(), ConfigError> {
        let mapping = Mapping::new(&spec.registries)?;
        let secrets = PullSecrets::new(&spec.pull_secrets)?;
        let fields = FieldTable::new(spec)?;
        if !mapping.is_empty() {
            let search = Search { fields: &fields, registries: &mapping.registries };
            let usage = Usage::default();
            let rewriter = Rewriter { mapping: &mapping, search, rewrites_urls: spec.rewrite_urls, usage };
            rewrite(rewriter, resources, findings);
            charts::report(resources, findings);
        }
        if !secrets.is_empty() {
            pulling::add(&secrets, Search { fields: &fields, registries: &secrets.registries }, resources, findings);
        }
        Ok(())
    }
}

/// Rewrites the images of a build.
fn rewrite(mut rewriter: Rewriter<'_>, resources: &mut Resources, findings: &mut Findings) {
    let mut told = Told::default();
    for id in concerned(rewriter.mapping, resources) {
        let changes = rewriter.changes(&Document::of(resources.get(id)), &mut told);
        if !changes.is_empty() {
            let object = resources.edit(id);
            changes.into_iter().for_each(|change| change.apply(object));
        }
    }
    findings.extend(told.into_findings());
    rewriter.usage.report(rewriter.mapping, findings);
}

/// The objects that may hold images of mapped registries: all of them, if images need not name the registry.
fn concerned(mapping: &Mapping, resources: &Resources) -> Vec<ItemId> {
    let registries = &mapping.registries;
    // Values of charts may name the path alone.
    let texts = || registries.names().iter().map(String::as_str).chain(mapping.paths());
    let prefilter = (!registries.has_docker_hub).then(|| Prefilter::new(texts()));
    let may_match = |item: &&Item| prefilter.as_ref().is_none_or(|prefilter| prefilter.may_match(item));
    resources.iter().filter(may_match).map(Item::id).collect()
}
