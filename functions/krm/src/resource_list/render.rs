//! Writing the objects back.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Value, json};

use super::item::{Container, Item, Kept, Origin, Outcome};
use super::output::Output;
use super::resources::Resources;
use super::source::{Layout, LoadError, Source};
use crate::finding::Finding;
use crate::yaml::edit::NewList;
use crate::yaml::emit::Block;
use crate::yaml::{NodeId, Splice, Tree, edit, ends_line, splice};

/// The entry of a `ResourceList` for the results.
const RESULTS: &str = "results";

/// The output would read differently than meant; this is a fault of the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Misread;

impl std::fmt::Display for Misread {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("internal error, nothing was written: the output would not read as it should")
    }
}

/// A text that holds objects, before and after the work of a program.
pub(crate) struct Written<'s> {
    /// The file it comes from.
    pub(crate) file: Option<&'s str>,
    pub(crate) before: &'s str,
    pub(crate) after: String,
}

impl Resources {
    /// The text of the settled objects and, in a `ResourceList`, these results; results of an earlier function go.
    ///
    /// # Errors
    /// A text that does not hold exactly the objects it should when it is read again. Such a text must never reach a cluster.
    pub(crate) fn write(&self, results: &[&Finding]) -> Result<Output, Misread> {
        let is_unchanged = self.items.iter().all(|item| matches!(item.outcome, Outcome::Unchanged));
        if is_unchanged {
            return Ok(self.write_as_they_came(results));
        }
        let changes = self.changes();
        let is_meant = self.are_meant(&changes);
        let output = self.output(changes.into_iter().map(Splices::all).collect(), results);
        // Where a test runs, all of it is read.
        debug_assert_eq!(
            is_meant,
            self.reads_as_meant(output.to_text(results.iter().copied()), &vec![Vec::new(); self.sources.len()])
        );
        if is_meant { Ok(output) } else { Err(Misread) }
    }

    /// Whether a text with these splices holds the objects that it should. Only what they may change is read again, and of that
    /// what was not read by itself before; results are no objects, so that what krm writes of them is not.
    fn are_meant(&self, changes: &[Splices]) -> bool {
        let open: Vec<_> = changes.iter().map(|splices| splices.open.as_slice()).collect();
        let frame = self.frame(&open, None, &[]);
        let sources = self.sources.iter().zip(changes).zip(&frame);
        let (changed, without): (Vec<_>, Vec<_>) =
            sources.map(|((source, splices), frame)| reread_text(source, splices, frame)).unzip();
        self.reads_as_meant(join(changed), &without)
    }

    /// Each text as it came, and as the settled objects make it.
    pub(crate) fn written(&self) -> Vec<Written<'_>> {
        let written = self.sources.iter().zip(self.changes()).map(|(source, splices)| {
            let (before, mut splices) = (source.tree.text(), splices.all());
            splices.extend(edit::close_behind(&source.tree, splices.iter()));
            Written { file: source.file.as_deref(), before, after: splice(before, splices) }
        });
        written.collect()
    }

    /// What is to be done to each text.
    fn changes(&self) -> Vec<Splices> {
        let mut changes: Vec<Changes<'_>> = self.sources.iter().map(|_| Changes::default()).collect();
        for item in &self.items {
            match &item.origin {
                Origin::Text(place) => changes[place.within.source.index].note(item),
                // What was added comes last.
                Origin::Function => changes.last_mut().into_iter().for_each(|changes| changes.note(item)),
            }
        }
        self.sources.iter().zip(changes).map(|(source, changes)| changes.splices(source)).collect()
    }

    /// The text as it came with, in a `ResourceList`, these results.
    pub(crate) fn write_as_they_came(&self, results: &[&Finding]) -> Output {
        self.output(vec![Vec::new(); self.sources.len()], results)
    }

    /// The text with these splices and results.
    fn output(&self, mut splices: Vec<Vec<Splice>>, results: &[&Finding]) -> Output {
        let list = self.new_results().filter(|_| !results.is_empty());
        let frame = self.frame(&splices.iter().map(Vec::as_slice).collect::<Vec<_>>(), list.as_ref(), results);
        splices.iter_mut().zip(frame).for_each(|(splices, frame)| splices.extend(frame));
        match (self.sources.as_slice(), splices.as_mut_slice()) {
            ([source], [splices]) => Output::of(source, std::mem::take(splices), list),
            (sources, splices) => {
                let texts = sources.iter().zip(splices).map(|(source, splices)| splice(source.tree.text(), &*splices));
                join(texts.collect()).into()
            }
        }
    }

    /// The list of the results, where nothing is in its place.
    fn new_results(&self) -> Option<NewList> {
        let [source] = self.sources.as_slice() else { return None };
        match source.layout {
            Layout::List { root, .. } => NewList::of(&source.tree, root, RESULTS),
            Layout::Stream => None,
        }
    }

    /// What else is to be done to each source: the splices that write the results, or begin their list, and those that keep texts
    /// apart.
    fn frame(&self, splices: &[&[Splice]], list: Option<&NewList>, results: &[&Finding]) -> Vec<Vec<Splice>> {
        let last = self.sources.len().saturating_sub(1);
        let frame = self.sources.iter().zip(splices).enumerate().map(|(index, (source, splices))| {
            let results = Some(results).filter(|results| !results.is_empty());
            let mut frame: Vec<_> = match (list, source.layout) {
                (Some(list), _) => Some(list.begin.clone()),
                (None, Layout::List { root, .. }) => edit::set_entry(&source.tree, root, RESULTS, results.as_ref()),
                (None, Layout::Stream) => None,
            }
            .into_iter()
            .collect();
            let all = splices.iter().chain(&frame);
            let close = if index < last { edit::close_last_block } else { edit::close_behind };
            frame.extend(close(&source.tree, all));
            frame
        });
        frame.collect()
    }

    /// No objects, for a host that takes what a checking function returns for a change; the results stay.
    pub(crate) fn write_nothing(&self, results: &[&Finding]) -> Output {
        let text = match self.sources.first().map(|source| source.layout) {
            Some(Layout::List { .. }) => {
                let list = json!({
                    "apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [], "results": results,
                });
                Block { literals: true }.lines(&list, 0)
            }
            _ => String::new(),
        };
        text.into()
    }

    /// Whether a text without some parts of each source holds the objects that are not in these.
    fn reads_as_meant(&self, text: String, without: &[Vec<Range<usize>>]) -> bool {
        let Ok(reread) = self.reread(text) else { return false };
        let is_left_out = |item: &Item| match &item.origin {
            Origin::Text(place) => is_within(&without[place.within.source.index], place.start()),
            Origin::Function => false,
        };
        let kept = self.items.iter().filter(|item| !item.is_removed() && !is_left_out(item));
        let (came, added): (Vec<_>, Vec<_>) = kept.partition(|item| matches!(item.origin, Origin::Text(_)));
        let is_same = |(item, read): (&&Item, &Item)| match &item.outcome {
            Outcome::Unchanged => item.name() == read.name() && item.kind() == read.kind(),
            _ => read.is_read_as(&item.value_once()),
        };
        reread.items.len() == came.len() + added.len() && came.iter().chain(&added).zip(&reread.items).all(is_same)
    }

    /// Reads a text of the same layout.
    fn reread(&self, text: String) -> Result<Self, LoadError> {
        let is_list = self.sources.iter().any(|source| matches!(source.layout, Layout::List { .. }));
        if is_list { Self::from_list(text) } else { Self::from_streams(vec![(None, text)]) }
    }
}

/// What of a source has to be read again with its splices and its frame, and the parts that need not.
fn reread_text(source: &Source, splices: &Splices, frame: &[Splice]) -> (String, Vec<Range<usize>>) {
    let open = || splices.open.iter().chain(frame);
    let quiet = source.parts().quiet(open());
    // What is around an object that another splice touches is read with that after all.
    let touched = splices.proven.iter().filter(|(start, _)| !is_within(&quiet, *start)).map(|(_, splice)| splice);
    let left_out = quiet.iter().map(|part| Splice::new(part.clone(), ""));
    let all = open().chain(touched).map(Cow::Borrowed).chain(left_out.map(Cow::Owned));
    (splice(source.tree.text(), all), quiet)
}

/// Whether a place is in one of some ranges, which are in order.
fn is_within(ranges: &[Range<usize>], place: usize) -> bool {
    let next = ranges.partition_point(|range| range.end <= place);
    ranges.get(next).is_some_and(|range| range.contains(&place))
}

/// One text of several: documents stay apart.
fn join(mut texts: Vec<String>) -> String {
    if texts.len() == 1 {
        return texts.pop().unwrap_or_default();
    }
    let mut joined = String::with_capacity(texts.iter().map(String::len).sum());
    for text in texts {
        if !joined.is_empty() && !text.is_empty() {
            if !ends_line(&joined) {
                joined.push('\n');
            }
            if !text.starts_with("---") {
                joined.push_str("---\n");
            }
        }
        joined.push_str(&text);
    }
    joined
}

/// The splices that make of a text what it is to be.
#[derive(Default)]
struct Splices {
    /// Those of objects that were read again with them, each by itself, with the start of the object that each is of.
    proven: Vec<(usize, Splice)>,
    open: Vec<Splice>,
}

impl Splices {
    fn all(self) -> Vec<Splice> {
        let mut all = self.open;
        all.extend(self.proven.into_iter().map(|(_, splice)| splice));
        all
    }
}

/// What is to be done to a text.
#[derive(Default)]
struct Changes<'i> {
    splices: Splices,
    documents: Vec<usize>,
    /// The items that go, by their list.
    items: BTreeMap<NodeId, Vec<usize>>,
    added: Vec<&'i Item>,
}

impl<'i> Changes<'i> {
    fn note(&mut self, item: &'i Item) {
        match (&item.origin, &item.outcome) {
            (_, Outcome::Unchanged) | (Origin::Function, Outcome::Removed) => {}
            (Origin::Function, _) => self.added.push(item),
            (Origin::Text(place), Outcome::Edited(edits)) if edits.is_proven => {
                let start = place.start();
                self.splices.proven.extend(edits.splices.iter().map(|splice| (start, splice.clone())));
            }
            (Origin::Text(_), Outcome::Edited(edits)) => self.splices.open.extend(edits.splices.iter().cloned()),
            (Origin::Text(place), Outcome::Written(kept)) => match kept.as_deref() {
                Some(Kept::Splice(splice)) => self.splices.proven.push((place.start(), splice.clone())),
                _ => self.splices.open.push(place.replacement(&item.value_once())),
            },
            (Origin::Text(place), Outcome::Removed) => match place.container() {
                Container::Document(index) => self.documents.push(index),
                Container::Sequence { node, index } => self.items.entry(node).or_default().push(index),
            },
        }
    }

    fn splices(mut self, source: &Source) -> Splices {
        let tree = &source.tree;
        let of_documents = self.documents.iter().map(|index| tree.documents()[*index].range.clone());
        self.splices.open.extend(of_documents.map(|range| Splice::new(range, "")));
        if !self.added.is_empty() {
            self.splices.open.extend(added(source, &self.added, &mut self.items));
        }
        for (sequence, indices) in self.items {
            self.splices.open.extend(edit::remove_items(tree, sequence, &indices));
        }
        self.splices
    }
}

/// The splice that adds objects. Where all other items of the list go, the whole list is rewritten, and they are taken out
/// of those that are `removed`.
fn added(source: &Source, added: &[&Item], removed: &mut BTreeMap<NodeId, Vec<usize>>) -> Option<Splice> {
    let tree = &source.tree;
    let Layout::List { root, items } = source.layout else { return Some(append_documents(tree, added)) };
    let is_emptied = |items: NodeId| removed.get(&items).map_or(0, Vec::len) == tree.items(items).len();
    let added = added.iter().map(|item| item.value_once());
    match items {
        Some(items) if !is_emptied(items) => edit::append_items(tree, items, added),
        _ => {
            removed.retain(|sequence, _| Some(*sequence) != items);
            let added = added.map(Cow::into_owned).collect();
            edit::set_entry(tree, root, "items", Some(&Value::Array(added)))
        }
    }
}

fn append_documents(tree: &Tree, added: &[&Item]) -> Splice {
    let end = tree.text().len();
    let mut text = String::new();
    if end > 0 && !ends_line(tree.text()) {
        text.push('\n');
    }
    for item in added {
        text.push_str("---\n");
        text.push_str(&Block { literals: true }.lines(&*item.value_once(), 0));
    }
    if end == 0 {
        text.drain(.."---\n".len());
    }
    Splice::new(end..end, text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Objects as people write them, and as they should not.
    const OBJECTS: [&str; 8] = [
        "kind: A\nmetadata: {name: a}",
        "kind: B # b\nmetadata:\n  name: b\nspec:\n- x\n- y",
        "kind: C\nmetadata:\n  name: c\ndata:\n  text: |+\n    one\n\n",
        "kind: D\nmetadata:\n  name: d\ndata:\n  text: >-\n    one\n    two\n\n# end",
        "{kind: E, metadata: {name: e}}",
        "kind: F\nmetadata:\n  name: f\nspec: 'two\n\n  lines'",
        "kind: &kind G\nmetadata:\n  name: g\nspec: *kind",
        "kind: List\nitems:\n- kind: H\n  metadata: {name: h}\n- kind: I\n  metadata: {name: i}",
    ];

    fn stream(objects: &[usize]) -> String {
        objects.iter().map(|index| format!("---\n{}\n", OBJECTS[*index])).collect()
    }

    fn list(objects: &[usize]) -> String {
        let item = |index: &usize| format!("- {}\n", OBJECTS[*index].replace('\n', "\n  "));
        let items: String = objects.iter().map(item).collect();
        format!("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{items}functionConfig: {{a: b}}\n")
    }

    /// What is done to an object: nothing, mostly.
    fn change(resources: &mut Resources, index: usize, what: usize) {
        let id = resources.items[index].id();
        match what {
            0 => resources.edit(id)["data"] = json!({"changed": "yes\nindeed\n"}),
            1 => resources.remove(id),
            2 => resources.replace(id, json!({"kind": "New", "metadata": {"name": "new"}})),
            3 => resources.add(&json!({"kind": "More", "metadata": {"name": "more"}})),
            _ => {}
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Whether only what may have changed is read or all of it makes no difference.
        #[test]
        fn the_text_holds_the_objects(
            objects in prop::collection::vec(0..OBJECTS.len(), 1..9),
            what in prop::collection::vec(0..8_usize, 16),
            is_list in any::<bool>(),
        ) {
            let mut resources = if is_list {
                Resources::from_list(list(&objects))
            } else {
                Resources::from_streams(vec![(None, stream(&objects))])
            }.map_err(|error| TestCaseError::fail(error.to_string()))?;
            for (index, what) in (0..resources.items.len()).zip(what) {
                change(&mut resources, index, what);
            }
            if resources.settle().is_ok() {
                let output = resources.write(&[]).map_err(|misread| TestCaseError::fail(misread.to_string()))?;
                let text = output.to_text(std::iter::empty());
                let nothing = vec![Vec::new(); resources.sources.len()];
                prop_assert!(resources.reads_as_meant(text.clone(), &nothing), "{}", text);
            }
        }
    }
}
