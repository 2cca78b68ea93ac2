//! The rules of the findings.

krm::rules! {
    /// What sealed-secret-check reports. Secrets in the clear come first; of two that fit one value, the first counts.
    /// They are reviewed value by value, so no object can accept them: that would cover its next value too.
    pub enum Rule {
        /// The private key of the sealed-secrets controller is in the build. It opens every SealedSecret of its cluster.
        SealingKey("sealing-key", Error, Binding, "Take it out of git, make a new key and reseal everything. If it is of no real cluster, list it with its fingerprint in `spec.allow`."),
        /// A value of a Secret is in the build in the clear, or in base64, which hides nothing.
        PlainSecret("plain-secret", Error, Binding, "Seal it with kubeseal, or take it from an external store. If it is no secret, list it with its fingerprint in `spec.allow`."),
        /// A value of a Secret is a dummy of a template. Where the Secret is applied, it overwrites the live value.
        DummySecret("dummy-secret", Error, Binding, "Seal the real value with kubeseal, or take it from an external store. If the dummy is wanted, list it with its fingerprint in `spec.allow`."),
        /// A Secret holds a value that SOPS encrypted, but not the `sops` block or the MAC that it takes to decrypt it.
        UndecryptableSops("undecryptable-sops", Error, Binding, "Encrypt the whole Secret again with SOPS, or seal it with kubeseal. If it is as it should be, list it with its fingerprint in `spec.allow`."),
        /// An annotation that kubectl or kubecfg left holds a copy of the object with its secret values.
        LastAppliedSecret("last-applied-secret", Error, Binding, "Remove the annotation and rotate the values. If they are no secrets, list the annotation with its fingerprint in `spec.allow`."),
        /// A text holds a private key.
        PrivateKey("private-key", Error, Binding, "Move it to a Secret and rotate it. If it is no secret, list it with its fingerprint in `spec.allow`."),
        /// A text holds a private key with a passphrase.
        EncryptedPrivateKey("encrypted-private-key", Warning, Binding, "Move it to a Secret and rotate it. If it is no secret, list it with its fingerprint in `spec.allow`."),
        /// A text holds a token that is known by its form, such as one of GitHub or AWS.
        PlainToken("plain-token", Error, Binding, "Move it to a Secret and rotate it. If it is no secret, list it with its fingerprint in `spec.allow`."),
        /// A text holds the hash of a password, as bcrypt, `htpasswd` or SCRAM make it.
        PasswordHash("password-hash", Error, Binding, "Move it to a Secret and change the password: a hash can be guessed at. If it is no secret, list it with its fingerprint in `spec.allow`."),
        /// A field, variable or argument whose name says that it is a credential holds a literal.
        PlainCredential("plain-credential", Error, Binding, "Move it to a Secret and rotate it. If it is no secret, list it with its fingerprint in `spec.allow`."),
        /// An address or a connection string holds a password.
        PasswordInAddress("password-in-address", Error, Binding, "Move it to a Secret and rotate it. If it is no secret, list it with its fingerprint in `spec.allow`."),
        /// A dummy of a template, such as `changeme`, is in the place of a credential.
        DummyCredential("dummy-credential", Warning, Binding, "Reference a Secret instead. If the dummy is wanted, list it with its fingerprint in `spec.allow`."),
        /// A value has the length and the letters of a token, under a name that fits, but no form that proves it.
        LikelyToken("likely-token", Warning, Binding, "Reference a Secret instead. If it is no secret, list it with its fingerprint in `spec.allow`."),
        /// An access key is beside its secret or a reference to it. It tells which account it is, and is no credential by itself.
        CredentialIdentifier("credential-identifier", Warning, Binding, "Reference it in the Secret too, or list it with its fingerprint in `spec.allow`."),
        /// A text is not looked into as it should be: it is deeper in other texts than three layers, or it is called YAML or
        /// JSON and cannot be read as such.
        TextNotRead("text-not-read", Info, Binding, "Look into it yourself. If it holds no secret, list it with its fingerprint in `spec.allow`."),
        /// A value looks random, under a name that does not say what it is.
        RandomValue("random-value", Info, Binding, "If it is a secret, move it to a Secret. If it is none, list it with its fingerprint in `spec.allow`."),

        /// A value of a SealedSecret is not sealed. It is in the build in the clear, or in base64, which hides nothing.
        NotSealed("not-sealed", Error, Binding, "Rotate the value and seal the new one with kubeseal."),
        /// A sealed value is cut off, damaged or of another form, so the controller can never unseal it.
        MalformedSealedValue("malformed-sealed-value", Error, Binding, "Reseal the value, and write what kubeseal prints as it is."),
        /// A value was sealed for another name, namespace or scope than its object has. A private key proves it, or a copy of
        /// the value in an object that has others.
        SealedForAnotherObject("sealed-for-another-object", Error, Binding, "Reseal the value for this object."),
        /// None of the given keys opens a value, or none of the given certificates can have sealed it.
        SealedForAnotherKey("sealed-for-another-key", Error, Acceptable, "Seal the value with the certificate of this cluster. If the controller still has the older key, add its certificate to `spec.certificates`."),
        /// A SealedSecret has another name or namespace than its values seem to be sealed for, by `spec.template.metadata` or
        /// by what kustomize did. Only a private key proves it.
        MovedSealedSecret("moved-sealed-secret", Error, Acceptable, "Reseal the values for this name and namespace, or with a wider scope."),
        /// The annotations of a SealedSecret give another scope than its values seem to be sealed with, or none that counts.
        SealedScopeMismatch("sealed-scope-mismatch", Error, Acceptable, "Give the object the annotation of the scope that its values were sealed with, or reseal them."),
        /// A SealedSecret whose values are bound to a namespace names none, so whether they fit depends on who applies it.
        SealedWithoutNamespace("sealed-without-namespace", Warning, Acceptable, "Write the namespace that the values were sealed for."),
        /// What is sealed is empty, a dummy, in base64 already, or not what its key demands.
        DoubtfulSealedContent("doubtful-sealed-content", Warning, Acceptable, "Seal the right value as it is."),
        /// A field of a SealedSecret is such that the API server or the controller refuses the object or finds no values in it.
        MalformedSealedSecret("malformed-sealed-secret", Error, Binding, "Correct the field that the message names."),
        /// A SealedSecret seals no value, so the controller makes an empty Secret and reports success.
        EmptySealedSecret("empty-sealed-secret", Error, Acceptable, "Seal the values, or remove the object."),
        /// The Secret of a SealedSecret has a key that no Secret can have, or lacks what its type demands, so the API server
        /// refuses it.
        RefusedSecret("refused-secret", Error, Binding, "Rename the key, seal the one that is missing, or correct `spec.template.type`."),
        /// A SealedSecret has a field that its API does not know, so the API server drops it silently.
        DroppedSealedField("dropped-sealed-field", Warning, Acceptable, "Remove the field, or put what it says where the API expects it."),
        /// A SealedSecret has the deprecated form, which seals all values as one.
        DeprecatedSealedData("deprecated-sealed-data", Info, Binding, "Seal each value with a current kubeseal."),
        /// A text in `spec.template.data` is no Go template, or uses a function that sealed-secrets takes away. The controller
        /// unseals nothing of the object.
        BrokenSecretTemplate("broken-secret-template", Error, Binding, "Correct the template."),
        /// A template in `spec.template.data` uses a key that the SealedSecret does not seal.
        UnknownTemplateKey("unknown-template-key", Error, Acceptable, "Seal a value for the key, or correct the key."),
        /// An object is called SealedSecret, but belongs to an API that this function does not know, so its values are not
        /// checked.
        UncheckedSealedSecret("unchecked-sealed-secret", Warning, Acceptable, "If sealed-secrets is to unseal it, write `bitnami.com/v1alpha1`."),

        /// An object refers to a Secret that nothing in the build makes. It is an error in `spec.completeNamespaces`, and an
        /// info where the build has nothing else of the namespace.
        MissingSecret("missing-secret", Warning, Acceptable, "Add the Secret, correct the name, or list it in `spec.externallyManaged`."),
        /// An object uses a key that the Secret of the build does not have.
        MissingSecretKey("missing-secret-key", Error, Acceptable, "Correct the key, or seal a value for it."),
        /// An object refers to a SealedSecret by the name that it had before kustomize renamed it.
        RenamedSecret("renamed-secret", Info, Binding, "Check the finished build too: `kustomize build | sealed-secret-check -`."),
        /// Another object of the build makes the Secret of a SealedSecret or an ExternalSecret too. Their controllers refuse a
        /// Secret that they do not own.
        SecretMadeTwice("secret-made-twice", Error, Acceptable, "Remove one of the two."),
        /// An entry of `spec.allow`, `spec.externallyManaged` or `spec.completeNamespaces` matches nothing in the build.
        EntryWithoutEffect("entry-without-effect", Info, Binding, "Take it out, unless another build that shares the config needs it."),
        /// Nothing in the build refers to the Secret of a SealedSecret.
        UnusedSealedSecret("unused-sealed-secret", Info, Binding, "If nothing else refers to it either, remove the SealedSecret."),
    }
}

impl Rule {
    /// Whether it is about a value that a text holds, rather than about the text.
    pub(crate) fn is_of_a_value(self) -> bool {
        self != Self::TextNotRead
    }

    /// Whether this rule says more than the other of the same secret in the clear.
    pub(crate) fn outranks(self, other: Self) -> bool {
        (self as u8) < (other as u8)
    }
}
