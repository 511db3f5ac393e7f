{{- define "pilot.objects" -}}
{{- if .Values.pilot.enabled }}
{{ include "pilot.workload" . }}
{{ include "pilot.service" . }}
{{ include "pilot.rights" . }}
{{- if .Values.sidecarInjectorWebhook.enabled }}
{{ include "pilot.injector" . }}
{{ include "pilot.injectorWebhooks" . }}
{{- end }}
{{- if .Values.global.configValidation }}
{{ include "pilot.validationWebhook" . }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "pilot.name" -}}
istiod{{ include "mesh.suffix" . }}
{{- end -}}

{{/* What is cluster-wide carries the namespace in its name, unless it is the usual one. */}}
{{- define "pilot.clusterName" -}}
{{ include "pilot.name" . }}-{{ .Release.Namespace }}
{{- end -}}

{{- define "pilot.selector" -}}
app: istiod
istio: pilot
istio.io/rev: {{ include "mesh.revision" . }}
{{- end -}}
