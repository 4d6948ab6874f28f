"""Makes of a Job what `podman kube play` can run, as podman 4.3 plays no Jobs:

    pod_from_job.py JOB DOCUMENT SECRET FOLDER

writes FOLDER/secret.yaml and FOLDER/pod.yaml. The pod's description is the Job's own but for this: the document comes from a ConfigMap in
place of the downward API, which podman does not have; the network is this machine's, since the stand-in is on loopback; and
the mounted Secret is said not to be optional, which podman 4.3 wants said. podFailurePolicy and backoffLimit are the Job's and are lost.
"""
import base64
import json
import pathlib
import sys

import yaml


def main() -> None:
    job, document, secret, folder = (pathlib.Path(argument) for argument in sys.argv[1:])
    template = yaml.safe_load(job.read_text(encoding="utf-8"))["spec"]["template"]
    spec = template["spec"]
    # What the annotation holds is an example: it has to be a document, as the one that takes its place is.
    annotation = json.loads(template["metadata"]["annotations"]["input"])
    given = json.loads(document.read_text(encoding="utf-8"))
    if annotation.keys() != given.keys() or "client_secret_file" not in annotation["asset"]:
        raise SystemExit(f"expected a document like the Job's, found {sorted(given)}")
    given["asset"]["client_secret_file"] = annotation["asset"]["client_secret_file"]
    names = {"downwardAPI": None, "secret": None}
    for volume in spec["volumes"]:
        if "downwardAPI" in volume:
            (item,) = volume.pop("downwardAPI")["items"]
            if item["fieldRef"]["fieldPath"] != "metadata.annotations['input']":
                raise SystemExit(f"expected the annotation `input`, found {item}")
            names["downwardAPI"] = item["path"]
            volume["configMap"] = {"name": "input"}
        if "secret" in volume:
            names["secret"] = volume["secret"]["secretName"]
            volume["secret"]["optional"] = False
    spec["hostNetwork"] = True
    (container,) = spec["containers"]
    container["image"] = f"localhost/{container['image']}"
    written = {
        "secret.yaml": [{
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": names["secret"]},
            # podman 4.3 overlooks `stringData`.
            "data": {pathlib.Path(given["asset"]["client_secret_file"]).name: base64.b64encode(secret.read_bytes()).decode()},
        }],
        "pod.yaml": [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "input"}, "data": {names["downwardAPI"]: json.dumps(given)}},
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "update", "labels": template["metadata"]["labels"]}, "spec": spec},
        ],
    }
    for name, documents in written.items():
        (folder / name).write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    print(container["image"])


if __name__ == "__main__":
    main()
