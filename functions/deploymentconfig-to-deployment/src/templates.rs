//! Templates of OpenShift: told, and not processed.

use krm::resource_list::{Item, Resources};
use serde_json::Value;

use crate::kinds::TEMPLATE;
use crate::plan::Plan;
use crate::rule::Rule;

/// Tells how each Template is processed once.
pub(crate) fn report(resources: &Resources, plan: &mut Plan) {
    for item in resources.iter().filter(|item| TEMPLATE.is_of(item) && is_template(item)) {
        let message = match foreign_kind(item.value()) {
            Some(kind) => format!(
                "K3s does not process Templates, and all objects of this one are of the kind {kind}, so a program may read it through the \
                 API; process it with `{}` and commit the result, or give that program another source",
                command(item)
            ),
            None => format!(
                "K3s does not process Templates; process it once with `{}` and commit the result",
                command(item)
            ),
        };
        plan.report(Rule::TemplateObject, item, "objects", message);
    }
}

/// Whether an object has the form of a Template; another kind of the core group could take the name.
fn is_template(item: &Item) -> bool {
    item.value()["objects"].is_array() || item.group() == TEMPLATE.group
}

/// The call that processes a Template, with the parameters that it asks for.
fn command(item: &Item) -> String {
    let parameters = item.value()["parameters"].as_array().into_iter().flatten();
    let required = parameters.filter(|parameter| {
        parameter["required"] == true && parameter["value"].is_null() && parameter["generate"].is_null()
    });
    let options = required.filter_map(|parameter| Some(format!(" -p {}=VALUE", parameter["name"].as_str()?)));
    format!("oc process --local -f FILE{}", options.collect::<String>())
}

/// The kind of all objects of a Template, if it is one and of no workload.
fn foreign_kind(template: &Value) -> Option<&str> {
    let mut objects = template["objects"].as_array().into_iter().flatten();
    let first = objects.next()?;
    let kind = first["kind"].as_str()?;
    let is_foreign = first["apiVersion"].as_str().is_some_and(|version| {
        let group = version.split_once('/').map_or("", |(group, _)| group);
        group.contains('.') && !group.ends_with(".k8s.io") && !group.ends_with(".openshift.io")
    });
    (is_foreign && objects.all(|object| object["kind"] == kind)).then_some(kind)
}
