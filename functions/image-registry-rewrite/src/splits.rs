//! Images whose registry and repository are in two fields of one mapping.

use manifests::image_keys::{ImageKey, letters_of};
use serde_json::{Map, Value};

/// What a field is for an image.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Its registry, and the key of its repository, if that is known.
    Registry { repository: Option<String> },
    /// Its repository without a registry beside it.
    Repository,
    /// Its repository, with a registry beside it.
    WithRegistry,
}

/// Fields that say that an image is split, in lower case.
const PARTS: [&str; 7] = ["tag", "imagetag", "digest", "sha", "pullpolicy", "imagepullpolicy", "version"];

/// Fields that say that a registry is for logging in.
const CREDENTIALS: [&str; 4] = ["username", "password", "auth", "email"];

/// The fields of a mapping that hold parts of images. `key` is the name of the mapping. Values of charts need less that says
/// so than other objects.
pub(crate) fn of<'m>(map: &'m Map<String, Value>, key: &str, is_values: bool) -> Vec<(&'m str, Part)> {
    let texts: Vec<_> = map.iter().filter(|(_, value)| value.as_str().is_some_and(|text| !text.is_empty())).collect();
    let fields: Vec<_> = texts.iter().map(|(key, _)| (key.as_str(), letters_of(key))).collect();
    if fields.iter().any(|(_, letters)| CREDENTIALS.contains(&letters.as_str())) {
        return Vec::new();
    }
    let is_of_image = matches!(ImageKey::of(key), Some(ImageKey::Image));
    let has_part = map.keys().any(|key| PARTS.contains(&letters_of(key).as_str()));
    let mut parts = Vec::new();
    for (registry, letters) in fields.iter().filter(|(key, _)| ImageKey::of(key) == Some(ImageKey::Registry)) {
        let repository = repository_beside(letters, &fields);
        if repository.is_some() || is_values || is_of_image {
            parts.extend(repository.map(|repository| (repository, Part::WithRegistry)));
            parts.push((*registry, Part::Registry { repository: repository.map(str::to_owned) }));
        }
    }
    let has_registry = parts.iter().any(|(_, part)| matches!(part, Part::Registry { .. }));
    for (repository, letters) in fields.iter().filter(|_| !has_registry) {
        let is_repository = ImageKey::of(repository) == Some(ImageKey::Repository)
            || (is_of_image && matches!(letters.as_str(), "name" | "image"));
        let is_split = is_of_image || has_part || letters.starts_with("image");
        if is_repository && is_split {
            parts.push((*repository, Part::Repository));
        }
    }
    parts
}

/// The field of the repository that belongs to a registry: `imageRepository` beside `imageRegistry`.
fn repository_beside<'m>(registry: &str, fields: &[(&'m str, String)]) -> Option<&'m str> {
    let stem = registry.strip_suffix("registry")?;
    let ends = ["repository", "repo", "imagerepository", "imagename", "image", "name"];
    let fits =
        |end: &&str| fields.iter().find(|(_, letters)| letters.strip_prefix(stem) == Some(*end)).map(|(key, _)| *key);
    ends.iter().find_map(fits).or_else(|| {
        let is_other =
            |(_, letters): &&(&str, String)| stem == "image" && ["repository", "image"].contains(&letters.as_str());
        fields.iter().find(is_other).map(|(key, _)| *key)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn registry_and_repository_belong_together() {
        for (mapping, key, is_values, expected) in [
            (json!({"registry": "r", "repository": "a"}), "image", true, "repository+ registry=repository"),
            (json!({"registry": "r", "name": "a"}), "image", false, "name+ registry=name"),
            (json!({"registry": "r", "image": "a"}), "proxy", true, "image+ registry=image"),
            (json!({"imageRegistry": "r", "imageName": "a"}), "spec", false, "imageName+ imageRegistry=imageName"),
            (json!({"imageRegistry": "r", "image": "a"}), "web", false, "image+ imageRegistry=image"),
            (json!({"registry": "r"}), "image", true, "registry=?"),
            (json!({"imageRegistry": "r"}), "global", true, "imageRegistry=?"),
            (json!({"registry": "r"}), "spec", false, ""),
            (json!({"registry": "", "repository": "a"}), "image", true, "repository"),
            (json!({"repository": "a", "tag": "1"}), "web", true, "repository"),
            (json!({"name": "a", "tag": "1"}), "image", true, "name"),
            (json!({"repository": "a", "branch": "main"}), "source", true, ""),
            (json!({"registry": "r", "username": "u"}), "credentials", true, ""),
        ] {
            let parts = of(mapping.as_object().expect("it is a mapping"), key, is_values);
            let told: Vec<_> = parts
                .iter()
                .map(|(key, part)| match part {
                    Part::Registry { repository } => format!("{key}={}", repository.as_deref().unwrap_or("?")),
                    Part::Repository => (*key).to_owned(),
                    Part::WithRegistry => format!("{key}+"),
                })
                .collect();
            assert_eq!(told.join(" "), expected, "{mapping}");
        }
    }
}
