{{/*
One configuration for the revision and one for each of its tags. A pod that opts out is never asked about; kube-system and the
namespace of the mesh are left alone, so that the mesh can start when its own webhook does not answer.
*/}}
{{- define "pilot.injectorWebhooks" -}}
{{- $root := . -}}
{{- $revision := include "mesh.revision" . -}}
{{- $place := "istio-sidecar-injector" -}}
{{- if ne .Release.Namespace "istio-system" }}{{ $place = printf "%s-%s" $place .Release.Namespace }}{{ end -}}
{{ include "pilot.injectorWebhook" (dict "root" . "name" (printf "%s%s" $place (include "mesh.suffix" .)) "chosen" $revision "tag" "") }}
{{- range .Values.revisionTags }}
{{ include "pilot.injectorWebhook" (dict "root" $root "name" (printf "istio-revision-tag-%s%s" . (ternary "" (printf "-%s" $root.Release.Namespace) (eq $root.Release.Namespace "istio-system"))) "chosen" . "tag" .) }}
{{- end }}
{{- end -}}

{{/* Takes root, name, chosen (value of istio.io/rev that means this one) and tag. */}}
{{- define "pilot.injectorWebhook" -}}
{{- $byDefault := .root.Values.sidecarInjectorWebhook.enableNamespacesByDefault -}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata:
  name: {{ .name }}
  labels:
    {{- include "mesh.labels" (dict "root" .root "component" "pilot") | nindent 4 }}
    app: sidecar-injector
    {{- with .tag }}
    istio.io/tag: {{ . }}
    {{- end }}
webhooks:
  # A namespace that chose this revision; its pods may opt out.
  {{- $revisionInNamespace := list
    (dict "key" "istio.io/rev" "operator" "In" "values" (list .chosen))
    (dict "key" "istio-injection" "operator" "DoesNotExist") }}
  {{- include "pilot.webhook" (dict "root" .root "prefix" "rev.namespace" "namespace" $revisionInNamespace
    "object" (list (dict "key" "sidecar.istio.io/inject" "operator" "NotIn" "values" (list "false")))) | nindent 2 }}
  # A pod that chose this revision, in a namespace that chose nothing.
  {{- $nothing := list (dict "key" "istio.io/rev" "operator" "DoesNotExist") (dict "key" "istio-injection" "operator" "DoesNotExist") }}
  {{- include "pilot.webhook" (dict "root" .root "prefix" "rev.object" "namespace" $nothing
    "object" (list
      (dict "key" "sidecar.istio.io/inject" "operator" "NotIn" "values" (list "false"))
      (dict "key" "istio.io/rev" "operator" "In" "values" (list .chosen)))) | nindent 2 }}
  {{- if eq .chosen "default" }}
  # Istio's older labels mean the default revision.
  {{- include "pilot.webhook" (dict "root" .root "prefix" "namespace" "namespace" (list (dict "key" "istio-injection" "operator" "In" "values" (list "enabled")))
    "object" (list (dict "key" "sidecar.istio.io/inject" "operator" "NotIn" "values" (list "false")))) | nindent 2 }}
  {{- $asked := list (dict "key" "sidecar.istio.io/inject" "operator" "In" "values" (list "true")) (dict "key" "istio.io/rev" "operator" "DoesNotExist") }}
  {{- if $byDefault }}
  {{- $asked = list (dict "key" "sidecar.istio.io/inject" "operator" "NotIn" "values" (list "false")) (dict "key" "istio.io/rev" "operator" "DoesNotExist") }}
  {{- end }}
  {{- include "pilot.webhook" (dict "root" .root "prefix" "object" "namespace" $nothing "object" $asked) | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* Takes root, prefix, namespace and object (expressions of labels). */}}
{{- define "pilot.webhook" -}}
{{- $never := dict "key" "kubernetes.io/metadata.name" "operator" "NotIn" "values" (list "kube-system" .root.Release.Namespace) -}}
- name: {{ .prefix }}.sidecar-injector.istio.io
  clientConfig:
    service: {name: {{ include "pilot.name" .root }}, namespace: {{ .root.Release.Namespace }}, path: /inject, port: 443}
  rules:
    - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods], scope: "*"}
  failurePolicy: Fail
  matchPolicy: Equivalent
  reinvocationPolicy: {{ .root.Values.sidecarInjectorWebhook.reinvocationPolicy }}
  sideEffects: None
  timeoutSeconds: 10
  admissionReviewVersions: [v1]
  namespaceSelector:
    matchExpressions:
      {{- toYaml (append .namespace $never) | nindent 6 }}
  objectSelector:
    matchExpressions:
      {{- toYaml .object | nindent 6 }}
{{- end -}}

{{/* Creating and changing only: what is broken can always be deleted. */}}
{{- define "pilot.validationWebhook" -}}
{{- $revision := include "mesh.revision" . -}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: istio-validator{{ include "mesh.suffix" . }}-{{ .Release.Namespace }}
  labels:
    {{- include "mesh.labels" (dict "root" . "component" "pilot") | nindent 4 }}
    app: istiod
    istio: istiod
webhooks:
  - name: {{ with include "mesh.suffix" . }}{{ trimPrefix "-" . }}.{{ end }}validation.istio.io
    clientConfig:
      service: {name: {{ include "pilot.name" . }}, namespace: {{ .Release.Namespace }}, path: /validate, port: 443}
    rules:
      - apiGroups: [networking.istio.io, security.istio.io, telemetry.istio.io, extensions.istio.io, authentication.istio.io, rbac.istio.io, config.istio.io, meshwork.dev]
        apiVersions: ["*"]
        operations: [CREATE, UPDATE]
        resources: ["*"]
        scope: "*"
    failurePolicy: Fail
    matchPolicy: Equivalent
    sideEffects: None
    timeoutSeconds: 10
    admissionReviewVersions: [v1]
    objectSelector:
      matchExpressions:
        # What is installed together with the webhook cannot wait for its answer.
        - {key: install.meshwork.dev/component, operator: DoesNotExist}
        {{- if not (or (eq $revision "default") (has "default" .Values.revisionTags)) }}
        - {key: istio.io/rev, operator: In, values: [{{ $revision }}]}
        {{- end }}
{{- end -}}
