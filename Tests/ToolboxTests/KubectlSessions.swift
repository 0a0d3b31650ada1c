import SimulationKernel

@testable import KubernetesModel
@testable import Toolbox

extension Session {
  private static let service = """
    apiVersion: v1
    kind: Service
    metadata: {name: web}
    spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
    """

  private static func deployment(_ more: String = "", app: String = "web") -> String {
    """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web}
    spec:
      replicas: 3
      selector: {matchLabels: {app: \(app)}}
      template:
        metadata: {labels: {app: \(app)}}
        spec:
          containers:
          - {name: app, image: 'app:1', ports: [{containerPort: 8080}]}\(more)
    """
  }

  static let changes = Session(name: "changes") { terminal in
    let fixture = terminal.fixture
    fixture.files = [
      "service.yaml": service, "web.yaml": deployment(), "unknown.yaml": deployment("\n      replica: 4"),
      "other.yaml": deployment(app: "other"),
      "broken.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: Web_1}\nspec: {ports: []}\n",
      "typed.yaml": deployment().replacing("replicas: 3", with: "replicas: three").replacing(
        "name: web", with: "name: b"),
      "strange.yaml": "apiVersion: shop/v1\nkind: Basket\nmetadata: {name: one}\n",
      "patch.yaml": "spec: {minReadySeconds: 5}\n",
    ]
    terminal.kubectl("diff -f service.yaml")
    terminal.kubectl("apply -f service.yaml --dry-run=server")
    terminal.kubectl("apply -f service.yaml")
    terminal.kubectl("apply -f service.yaml")
    terminal.kubectl("get svc web -o wide")
    terminal.kubectl("describe svc web")
    terminal.kubectl("get endpointslices")
    terminal.kubectl("apply -f web.yaml")
    terminal.kubectl("apply -f unknown.yaml")
    terminal.kubectl("apply -f unknown.yaml --validate=warn")
    terminal.kubectl("apply -f other.yaml")
    terminal.kubectl("apply -f broken.yaml")
    terminal.kubectl("apply -f typed.yaml")
    terminal.kubectl("apply -f strange.yaml")
    terminal.kubectl("apply -f missing.yaml")
    terminal.kubectl("create -f web.yaml")
    terminal.kubectl("create -f typed.yaml")
    terminal.kubectl("create -f unknown.yaml")
    terminal.kubectl("patch deploy web -p '{\"spec\":{\"replicas\":\"many\"}}'")
    terminal.kubectl("patch deploy web -p '{\"spec\":{\"replica\":2}}'")
    terminal.kubectl("patch deploy web --type=json -p '[{\"op\":\"remove\",\"path\":\"/spec/nothing\"}]'")
    terminal.kubectl("patch deploy web --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":2}]'")
    terminal.kubectl("patch deploy web --patch-file patch.yaml --dry-run=server")
    terminal.kubectl("patch deploy web --type=foo -p '{}'")
    terminal.kubectl("edit deploy web")
    terminal.kubectl("scale deploy web --replicas=4 --current-replicas=3")
    terminal.kubectl("scale deploy web --replicas=4")
    terminal.kubectl("scale deploy web --replicas=-1")
    terminal.kubectl("create configmap settings --from-literal=mode=fast --from-literal=level=3")
    terminal.kubectl("create secret generic login --from-literal=password=s3cret")
    terminal.kubectl("describe secret login")
    terminal.kubectl("set env deploy/web --from=configmap/settings --prefix=APP_")
    terminal.kubectl("set env deploy/web --list")
    terminal.kubectl("label deploy web tier=front team=shop")
    terminal.kubectl("get deploy -L tier --show-labels")
    terminal.kubectl("autoscale deploy web --min=2 --max=8 --cpu-percent=70")
    terminal.kubectl("get hpa")
    terminal.kubectl("describe hpa web")
    terminal.kubectl("expose deploy web --port=80 --target-port=8080 --name=front")
    terminal.kubectl("replace -f service.yaml")
    terminal.kubectl("delete svc,hpa web front")
    terminal.kubectl("delete deploy web --cascade=orphan")
    terminal.kubectl("get all --no-headers")
    terminal.kubectl("delete rs --all --cascade=foreground")
    terminal.kubectl("get pods")
  }

  static let access = Session(name: "access") { terminal in
    terminal.kubectl("auth can-i delete pods")
    terminal.kubectl("auth can-i delete pods --as=ana")
    terminal.kubectl("get pods --as=ana")
    terminal.kubectl("create role reader --verb=get,list --resource=pods,pods/log,deployments.apps")
    terminal.kubectl("create rolebinding ana --role=reader --user=ana")
    terminal.kubectl("describe role reader")
    terminal.kubectl("auth can-i --list --as=ana")
    terminal.kubectl("get deploy --as=ana --no-headers")
    terminal.kubectl("delete deploy web --as=ana")
    terminal.kubectl("get nodes --as=ana")
    terminal.kubectl("auth can-i get nodes --as=ana")
    terminal.kubectl("auth whoami --as=ana")
    terminal.kubectl("config get-contexts")
    terminal.kubectl("config current-context")
    terminal.kubectl("config use-context mars")
    terminal.kubectl("version")
    terminal.kubectl("cluster-info")
    terminal.kubectl("api-resources --api-group=apps")
    terminal.kubectl("api-versions")
    terminal.kubectl("get ns")
    terminal.kubectl("describe ns shop")
    terminal.kubectl("get pods --foo")
    terminal.kubectl("get pods --tail=x")
    terminal.kubectl("logs web --tail=x")
    terminal.kubectl("rollout status deploy/web --timeout=30")
    terminal.kubectl("get foo")
    terminal.kubectl("get pods -o foo")
    terminal.kubectl("get")
    terminal.kubectl("delete")
    terminal.kubectl("rollout")
    terminal.kubectl("rollout foo")
    terminal.kubectl("get pods -l 'app in (web'")
    terminal.kubectl("get pods --field-selector spec.foo=1")
  }

  static let containers = Session(name: "containers") { terminal in
    let pod = terminal.pod()
    terminal.kubectl("exec \(pod) -- env")
    terminal.kubectl("exec deploy/web -- cat /etc/resolv.conf")
    terminal.kubectl("exec \(pod) -- cat /nothing")
    terminal.kubectl("exec -it \(pod) -- sh")
    terminal.kubectl("exec \(pod) -- /bin/bash -c ls")
    terminal.kubectl("exec \(pod) -c other -- env")
    terminal.kubectl("exec \(pod) env")
    terminal.kubectl("exec \(pod)")
    terminal.kubectl("run probe --rm -i --restart=Never --image=busybox -- sh -c 'env | grep HOSTNAME; hostname'")
    terminal.kubectl("run failing --rm -i --restart=Never --image=busybox -- cat /nothing")
    terminal.kubectl("run web --image=nothing:1 --dry-run=client -o yaml")
    terminal.kubectl("run probe")
    terminal.kubectl("debug \(pod) --image=nicolaka/netshoot -- hostname")
    terminal.kubectl("debug \(pod)")
    terminal.kubectl("logs -f deploy/web --request-timeout=5s --prefix")
    terminal.kubectl("logs -l app=web --tail=1 --prefix")
    terminal.kubectl("get pod \(pod) -o name")
    terminal.kubectl("delete pod \(pod)")
    terminal.kubectl("wait --for=condition=Available deploy/web --timeout=60s")
    terminal.kubectl("wait --for=jsonpath='{.status.readyReplicas}'=3 deploy/web --timeout=60s")
    terminal.kubectl("wait --for=delete pod/\(pod) --timeout=60s")
    terminal.kubectl("wait --for=condition=Ready pod/none")
    terminal.kubectl("wait --for=ready deploy/web")
  }
}
