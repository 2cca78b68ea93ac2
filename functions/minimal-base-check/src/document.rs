//! An object with the values of Helm charts in it laid open.

use std::borrow::Cow;

use krm::field::{Pointer, PointerBuf};
use krm::finding::{Finding, Findings};
use krm::resource_list::Item;
use manifests::helm::{self, Form, Values};
use serde_json::Value;

use crate::rule::Rule;

/// An object. Where it holds the values of a Helm chart as one text, these are in the place of the text, so that patterns
/// reach them.
pub(crate) struct Document<'i> {
    /// The object.
    pub(crate) item: &'i Item,
    /// What it holds.
    pub(crate) value: Cow<'i, Value>,
    /// The fields that hold values of charts, and how.
    charts: Vec<(PointerBuf, Form)>,
}

impl<'i> Document<'i> {
    /// Whether objects of this kind hold values of charts, so that it takes a look at one to know.
    pub(crate) fn may_hold_charts(item: &Item) -> bool {
        helm::fields().iter().any(|field| item.is(field.group, field.kind))
    }

    /// The document of an object. Text that is no YAML is reported and stays text.
    pub(crate) fn of(item: &'i Item, findings: &mut Findings) -> Self {
        let charts = helm::values_of(item.value());
        let mut value = Cow::Borrowed(item.value());
        for values in charts.iter().filter(|values| values.form == Form::Text) {
            match opened(values) {
                Ok(Some(opened)) => {
                    if let Some(field) = value.to_mut().pointer_mut(values.pointer.as_str()) {
                        *field = opened;
                    }
                }
                Ok(None) => {}
                Err(reason) => {
                    let message = format!("the values of the chart cannot be checked: {reason}; correct the text");
                    findings.push(Finding::new(Rule::UnreadableValues, message).on(item).at(values.path()));
                }
            }
        }
        let charts = charts.iter().map(|values| (values.pointer.clone(), values.form)).collect();
        Self { item, value, charts }
    }

    /// Whether a field is a part of the values of a chart, and how these are written.
    pub(crate) fn chart(&self, field: &Pointer) -> Option<Form> {
        let holds = |chart: &&(PointerBuf, Form)| field.starts_with(&chart.0);
        self.charts.iter().find(holds).map(|(_, form)| *form)
    }

    /// The values of charts that dotted names lead to: the field of each, and what a chart gets.
    pub(crate) fn named_values(&self) -> Vec<(PointerBuf, Value)> {
        let named = |values: &Values<'_>| matches!(values.form, Form::Parameters | Form::Dotted);
        let values = helm::values_of(self.item.value()).into_iter().filter(named);
        let parts = values.flat_map(|values| values.read().unwrap_or_default());
        parts.map(|part| (part.field().to_buf(), part.value)).collect()
    }

    /// The value at a pointer, if it is there and not null.
    pub(crate) fn at(&self, pointer: &Pointer) -> Option<&Value> {
        self.value.pointer(pointer.as_str()).filter(|value| !value.is_null())
    }
}

/// The values in a text; none where it holds none, or several documents.
fn opened(values: &Values<'_>) -> Result<Option<Value>, String> {
    let parts = values.read().map_err(|error| error.to_string())?;
    let [part] = &parts[..] else { return Ok(None) };
    Ok(Some(part.value.clone()).filter(Value::is_object))
}
