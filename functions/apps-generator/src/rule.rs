//! The rules of the findings.

krm::rules! {
    /// What apps-generator reports. A rule is a variant with id, severity, whether it can be accepted, and remedy; see `krm::rules!`.
    pub enum Rule {
        /// A key of a compose service has no counterpart in Kubernetes, and the service needs it. Accepted, the key is dropped.
        ComposeKeyRefused("compose-key-refused", Error, Acceptable, "Change the service as the message says, or run it outside the cluster."),
        /// A key of a compose project is dropped, and the service behaves differently.
        ComposeKeyLost("compose-key-lost", Warning, Acceptable, "Change the service as the message says."),
        /// A key of a compose project is dropped, and nothing is lost.
        ComposeKeyIgnored("compose-key-ignored", Info, Binding, "Remove the key if the project is used here only."),
        /// A key is none of the compose specification.
        ComposeKeyUnknown("compose-key-unknown", Error, Binding, "Correct the key. Keys for other programs start with `x-`."),
        /// A value of a compose project is malformed.
        ComposeValue("compose-value", Error, Binding, "Correct the value as the message says."),
        /// A value of a compose project needs a variable that has no value. A build has no environment.
        ComposeVariable("compose-variable", Error, Binding, "Set the variable in `x-replatform.variables` of the project, or take the value from a Secret."),
        /// The default of a variable is taken, since the variable has no value.
        ComposeVariableDefault("compose-variable-default", Info, Binding, "Set the variable in `x-replatform.variables` of the project if the default is wrong."),
        /// A compose service has no image. A build of manifests builds none.
        ComposeImageMissing("compose-image-missing", Error, Binding, "Push the image, and name it in `image`."),
        /// A compose service mounts a path of the host. A Pod runs on any node. Accepted, the mount is dropped.
        ComposeHostPath("compose-host-path", Error, Acceptable, "Use a volume for data, and a config for files that are only read."),
        /// A compose service reads a file of the project, so a ConfigMap of it must be in the build.
        ComposeFileNeeded("compose-file-needed", Warning, Acceptable, "Make the ConfigMap with a `configMapGenerator` of the kustomization."),
        /// A compose service reads a secret, so a Secret must be in its namespace. None is made.
        ComposeSecretNeeded("compose-secret-needed", Info, Binding, "Seal the Secret, or make it with External Secrets."),
        /// A named volume has no size. A claim needs one.
        ComposeVolumeSize("compose-volume-size", Error, Binding, "Write `x-replatform: {size: 10Gi}` in the volume."),
        /// Several Pods mount a volume that Pods of one node only can mount.
        ComposeVolumeShared("compose-volume-shared", Warning, Acceptable, "Write `access_modes: [ReadWriteMany]` with a storage class that has it, or give each service a volume."),
        /// A name of compose is no name of an object, and is changed.
        ComposeNameChanged("compose-name-changed", Info, Binding, "Use lower-case letters, digits and dashes in names."),
        /// A service names another by a name that was changed, so it does not find it. Accepted, the text stays.
        ComposeOldName("compose-old-name", Error, Acceptable, "Write the new name in the text."),
        /// No port of a compose service is known, so it has a headless Service without ports, or none.
        ComposeNoPorts("compose-no-ports", Info, Binding, "Write the ports in `expose`."),
        /// A service connects to a port of another which that does not declare. The port is added to the Service.
        ComposePortInferred("compose-port-inferred", Info, Binding, "Write the port in `expose`."),
        /// A port was published on the machine, and nothing exposes the Service outside the cluster.
        ComposePortPublished("compose-port-published", Warning, Acceptable, "Write `ingress`, or `service: {type: LoadBalancer}`, in `x-replatform` of the service."),
        /// A service waits for others. Kubernetes starts all Pods at once.
        ComposeStartOrder("compose-start-order", Info, Acceptable, "Let the program try again until the other service answers."),
        /// A service ends by itself, so it becomes a Job.
        ComposeJob("compose-job", Info, Binding, "Write `restart: always` if it does not end."),
        /// Services of one project share no network. In Kubernetes all Pods reach each other.
        ComposeNetworks("compose-networks", Warning, Acceptable, "Run networkpolicy-default, which lets only those through that the build shows to need it."),
        /// A service is left out, since none of its profiles is on.
        ComposeProfileOff("compose-profile-off", Info, Binding, "Name the profile in `x-replatform.profiles` of the project."),
    }
}
