//! Every row of the tables, tried with an object that is made of it.

use image_registry_rewrite::ImageRegistryRewrite;
use krm::table;
use krm::trial::{merge, objects_of, run_on};
use manifests::fields::{Pattern, below};
use manifests::helm::{self, Form};
use manifests::image_fields::{self, Holds, ImageField};
use serde_json::{Value, json};

const OLD: &str = "quay.io/example/web";
const NEW: &str = "ghcr.io/shop/web";

/// An object of a kind.
fn object(group: &str, kind: &str) -> Value {
    let api_version = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
    json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "example"}})
}

/// What becomes of objects, each of which is the only one of its build. A second run must change nothing.
fn rewrite_all(objects: &[Value], spec: &Value) -> Vec<Value> {
    let each = objects.iter().map(|object| {
        let outcome = run_on::<ImageRegistryRewrite>(std::slice::from_ref(object), spec);
        assert!(outcome.succeeded, "{object}\n{}", outcome.stderr);
        let found = objects_of(&outcome);
        let again = run_on::<ImageRegistryRewrite>(&found, spec);
        assert_eq!(objects_of(&again), found, "{object}");
        found
    });
    each.flatten().collect()
}

/// An object with a text in a field.
fn object_of(field: &ImageField, text: &str) -> Value {
    let mut value = object(field.group, field.kind);
    merge(&mut value, &field.pattern.example(json!(text)));
    if field.holds == Holds::ImageOfKind {
        let found = field.pattern.matches(&value).remove(0).pointer;
        let parent = found.parent().expect("the field is in a mapping").to_string();
        let beside =
            if field.kind == "KafkaConnect" { json!({"type": "docker"}) } else { json!({"kind": "DockerImage"}) };
        merge(value.pointer_mut(&parent).expect("the mapping is there"), &beside);
    }
    value
}

/// The text in the field afterwards.
fn text_in(field: &ImageField, object: &Value) -> String {
    field.pattern.matches(object)[0].value.as_str().unwrap_or_default().to_owned()
}

/// The texts of all fields that hold such, before and after.
fn texts(holds: &[Holds], text: &str, spec: &Value) -> Vec<(ImageField, String)> {
    let fields: Vec<_> = image_fields::known().filter(|field| holds.contains(&field.holds)).collect();
    let objects = rewrite_all(&fields.iter().map(|field| object_of(field, text)).collect::<Vec<_>>(), spec);
    let texts = fields.iter().zip(&objects).map(|(field, object)| text_in(field, object)).collect::<Vec<_>>();
    fields.into_iter().zip(texts).collect()
}

#[test]
fn every_field_for_images_is_rewritten() {
    let spec = json!({"registries": {"quay.io/example": "ghcr.io/shop", "docker.io": "hub.example.com"}});
    let holds = [Holds::Image, Holds::Repository, Holds::ImageOfKind];
    for (text, expected) in
        [(format!("{OLD}:1"), format!("{NEW}:1")), ("nginx:1".to_owned(), "hub.example.com/library/nginx:1".to_owned())]
    {
        let found = texts(&holds, &text, &spec);
        assert!(found.len() > 350, "{} fields", found.len());
        for (field, found) in found {
            assert_eq!(found, expected, "{field:?}");
        }
    }
}

#[test]
fn names_in_the_cluster_are_no_images() {
    let spec = json!({"registries": {"docker.io": "hub.example.com"}});
    for field in image_fields::known().filter(|field| field.holds == Holds::ImageOfKind) {
        let text = object_of(&field, "web:1")
            .to_string()
            .replace("DockerImage", "ImageStreamTag")
            .replace("\"docker\"", "\"imagestream\"");
        let object: Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(rewrite_all(std::slice::from_ref(&object), &spec), [object], "{field:?}");
    }
}

#[test]
fn every_field_for_urls_is_rewritten_on_request() {
    let spec = json!({"registries": {"quay.io/example": "ghcr.io/shop"}, "rewriteURLs": true});
    for scheme in ["oci://", "docker://", ""] {
        for (field, found) in texts(&[Holds::Url], &format!("{scheme}{OLD}"), &spec) {
            assert_eq!(found, format!("{scheme}{NEW}"), "{field:?}");
        }
    }
    for (field, found) in texts(&[Holds::Url], &format!("https://{OLD}"), &spec) {
        assert_eq!(found, format!("https://{OLD}"), "{field:?}");
    }
}

#[test]
fn every_image_that_kustomize_replaces_keeps_its_name() {
    let spec = json!({"registries": {"quay.io/example": "ghcr.io/shop"}});
    for (field, found) in texts(&[Holds::Override], &format!("{OLD}:1"), &spec) {
        assert_eq!(found, format!("{OLD}={NEW}:1"), "{field:?}");
    }
    for field in image_fields::known().filter(|field| field.holds == Holds::OverriddenName) {
        let objects = rewrite_all(&[object_of(&field, OLD)], &spec);
        assert_eq!(text_in(&field, &objects[0]), OLD, "{field:?}");
        assert!(objects[0].to_string().contains(&format!(r#""newName":"{NEW}""#)), "{field:?}");
    }
}

#[test]
fn containers_of_every_name_are_found_in_any_object() {
    let spec = json!({"registries": {"docker.io": "hub.example.com"}});
    for [key, shape, _example] in table::rows::<3>(include_str!("../../manifests/data/container-lists.tsv")) {
        let container = json!({"name": "a", "image": "nginx"});
        let mut value = object("example.org", "Example");
        value["spec"] = json!({key: if shape == "list" { json!([container]) } else { container }});
        let text = rewrite_all(&[value], &spec)[0].to_string();
        assert!(text.contains(r#""image":"hub.example.com/library/nginx""#), "{key}: {text}");
    }
}

#[test]
fn keys_of_every_name_are_found_in_any_object() {
    let spec = json!({"registries": {"quay.io/example": "ghcr.io/shop"}});
    for [letters, place, role, _example] in table::rows::<4>(include_str!("../../manifests/data/image-keys.tsv")) {
        let key = if place == "starts" { format!("{letters}X") } else { letters.to_owned() };
        let stays = role == "registry";
        let text = if role == "images" { format!("a={OLD}:1,{OLD}") } else { OLD.to_owned() };
        let expected = if stays { text.clone() } else { text.replace(OLD, NEW) };
        let mut value = object("example.org", "Example");
        value["spec"] = json!({&key: text, "args": [format!("--{key}={text}")], "env": [{"name": key, "value": text}]});
        let spec = &rewrite_all(&[value], &spec)[0]["spec"];
        for found in [&spec[&key], &spec["env"][0]["value"]] {
            assert_eq!(*found, expected, "{key}");
        }
        assert_eq!(spec["args"][0], format!("--{key}={expected}"), "{key}");
    }
}

/// What a field holds when its chart gets an image.
fn values(form: Form) -> Value {
    match form {
        Form::Mapping => json!({"web": {"image": {"registry": "quay.io", "repository": "example/web"}}}),
        Form::Text => json!("# Values\nweb:\n  image: {registry: quay.io, repository: 'example/web'}  # kept\n"),
        Form::Parameters => json!([
            {"name": "web.image.registry", "value": "quay.io"}, {"name": "web.image.repository", "value": "example/web"},
        ]),
        Form::Dotted => json!({"web.image.registry": "quay.io", "web.image.repository": "example/web"}),
    }
}

#[test]
fn values_of_every_chart_are_rewritten() {
    let spec = json!({"registries": {"quay.io/example": "ghcr.io/shop"}});
    for field in helm::fields() {
        let mut value = object(field.group, field.kind);
        merge(&mut value, &field.pattern.example(values(field.form)));
        let expected = value.to_string().replace("registry: quay.io", "registry: \\\"ghcr.io\\\"");
        let expected = expected.replace("quay.io", "ghcr.io").replace("example/web", "shop/web");
        assert_eq!(rewrite_all(&[value], &spec)[0].to_string(), expected, "{field:?}");
    }
}

#[test]
fn every_list_of_pull_secrets_is_found_or_made() {
    let spec = json!({"pullSecrets": {"quay.io": "pull"}});
    for [group, kind, images, list, form] in table::rows::<5>(include_str!("../data/pull-secret-fields.tsv")) {
        let mut value = object(group, kind);
        merge(&mut value, &Pattern::known(images).example(json!(format!("{OLD}:1"))));
        if images == "spec.build.output.image" {
            value["spec"]["build"]["output"]["type"] = "docker".into();
        }
        let object = &rewrite_all(&[value], &spec)[0];
        let mut pointer = krm::field::PointerBuf::new();
        let found = list.split('.').try_fold(object, |value, key| below(&mut pointer, key, |_| value.get(key)));
        let expected = match form {
            "list" => json!([{"name": "pull"}]),
            "names" => json!(["pull"]),
            _ => json!({"name": "pull"}),
        };
        assert_eq!(found, Some(&expected), "{group} {kind} {list}");
    }
}

#[test]
fn policies_of_every_kind_stay_and_are_told() {
    let spec = json!({"registries": {"quay.io/example": "ghcr.io/shop"}});
    for [group, kind, _project] in table::rows::<3>(include_str!("../data/image-policies.tsv")) {
        let mut value = object(group, if kind == "*" { "Any" } else { kind });
        value["spec"] = json!({"image": format!("{OLD}:1"), "glob": "quay.io/*"});
        let outcome = run_on::<ImageRegistryRewrite>(std::slice::from_ref(&value), &spec);
        assert_eq!(objects_of(&outcome), [value], "{group} {kind}");
        assert_eq!(outcome.stderr.matches("[policy-names-registry]").count(), 1, "{group} {kind}: {}", outcome.stderr);
    }
}
