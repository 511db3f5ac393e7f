{{- define "pilot.injector" -}}
{{- $webhook := .Values.sidecarInjectorWebhook -}}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: istio-sidecar-injector{{ include "mesh.suffix" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "mesh.labels" (dict "root" . "component" "pilot") | nindent 4 }}
data:
  config: |-
    policy: {{ .Values.global.proxy.autoInject }}
    defaultTemplates:
      {{- toYaml ($webhook.defaultTemplates | default (list "sidecar")) | nindent 6 }}
    alwaysInjectSelector:
      {{- toYaml $webhook.alwaysInjectSelector | nindent 6 }}
    neverInjectSelector:
      {{- toYaml $webhook.neverInjectSelector | nindent 6 }}
    injectedAnnotations:
      {{- toYaml $webhook.injectedAnnotations | nindent 6 }}
    templates:
      sidecar: |
        {{- .Subcharts.pilot.Files.Get "files/injection-template.yaml" | trim | nindent 8 }}
      gateway: |
        {{- .Subcharts.pilot.Files.Get "files/gateway-injection-template.yaml" | trim | nindent 8 }}
      {{- range $name, $template := $webhook.templates }}
      {{ $name }}: |
        {{- $template | trim | nindent 8 }}
      {{- end }}
  values: |-
    {{- include "pilot.injectorValues" . | fromJson | toPrettyJson | nindent 4 }}
{{- end -}}

{{/* What the injection template sees as .Values. Istio's namespace is filled in, because templates name it. */}}
{{- define "pilot.injectorValues" -}}
{{- $global := merge (dict "istioNamespace" .Release.Namespace "tag" (.Values.global.tag | default .Chart.AppVersion)) .Values.global -}}
{{- dict "global" $global "revision" (include "mesh.revision" .) "sidecarInjectorWebhook" (omit .Values.sidecarInjectorWebhook "templates") "istio_cni" (dict "enabled" .Values.cni.enabled) | toJson -}}
{{- end -}}
