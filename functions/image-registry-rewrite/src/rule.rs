//! The rules of the findings.

krm::rules! {
    /// What image-registry-rewrite reports. The table in the README comes from it, and people accept findings by the ids.
    pub enum Rule {
        /// An entry maps all of the name of an image to a registry, so that nothing is left to pull. Accepted, it stays.
        ImageLosesName("image-loses-name", Error, Acceptable, "Map the image to a repository in `spec.registries`."),
        /// A variable may be part of the name of an image, so it is not known what `spec.registries` makes of it. It stays.
        ImageIsVariable("image-is-variable", Warning, Acceptable, "Write the name of the image out up to its tag, or change the value of the variable where it is set."),
        /// A field may hold an image of a mapped registry, but is not known to hold one. It stays.
        UnclearImageField("unclear-image-field", Warning, Acceptable, "Name the field in `spec.fields` to rewrite it, or in `spec.ignoredFields`."),
        /// Text that is not rewritten, such as a script, holds an image of a mapped registry.
        ImageNamedInText("image-named-in-text", Warning, Acceptable, "Change the image by hand if it must follow."),
        /// A URL of an artefact, such as a chart or a model, is of a mapped registry. URLs stay by default.
        UrlOfMappedRegistry("url-of-mapped-registry", Warning, Acceptable, "Copy the artefact, and set `spec.rewriteURLs`."),
        /// Values name a repository without its registry, which the chart or operator adds. It may be a mapped one.
        RegistrySetElsewhere("registry-set-elsewhere", Warning, Acceptable, "Set the registry beside the repository."),
        /// A field holds the registry of images that it does not name, and only a part of the registry is mapped. It stays.
        RegistryPartlyMapped("registry-partly-mapped", Warning, Acceptable, "Map the whole registry in `spec.registries`, or set the repository beside the registry."),
        /// A policy matches images by a registry that is mapped. Policies stay.
        PolicyNamesRegistry("policy-names-registry", Warning, Acceptable, "Add the new registry to the policy by hand."),
        /// Images with digests are rewritten. A digest is right only if the image was copied and not built again.
        DigestOfMovedImage("digest-of-moved-image", Warning, Acceptable, "Copy the images with `crane copy` or `skopeo copy --all`, or write the new digests."),
        /// An image needs a pull secret, and it is not known where its object lists pull secrets.
        PullSecretNotAdded("pull-secret-not-added", Warning, Acceptable, "Add the secret by hand, or to the ServiceAccount of the pods."),
        /// Pods get a list of pull secrets, so that those of their ServiceAccount no longer count, which the build does not
        /// hold.
        AccountSecretsUnseen("account-secrets-unseen", Info, Binding, "Add the secrets of the ServiceAccount to the pods, if it has any."),
        /// Charts bring images that the build does not show.
        ChartImagesUnseen("chart-images-unseen", Info, Binding, "Set the images of the chart in its values, or a mirror in `registries.yaml` of K3s."),
        /// No image of the build is of a registry that an option names.
        UnusedRegistry("unused-registry", Info, Binding, "Correct the entry if it is misspelt."),
    }
}
