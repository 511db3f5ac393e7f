{{/* -REV, or nothing for the default control plane. */}}
{{- define "mesh.suffix" -}}
{{- with .Values.revision }}{{ if ne . "default" }}-{{ . }}{{ end }}{{ end -}}
{{- end -}}

{{/* default, or the revision. */}}
{{- define "mesh.revision" -}}
{{- .Values.revision | default "default" -}}
{{- end -}}

{{/* What every object carries: who put it there, and what it belongs to. Takes root and component. */}}
{{- define "mesh.labels" -}}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: istio
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
install.meshwork.dev/component: {{ .component }}
install.meshwork.dev/namespace: {{ .root.Release.Namespace }}
istio.io/rev: {{ include "mesh.revision" .root }}
{{- end -}}

{{/* Takes root, name (of the image or a whole reference). */}}
{{- define "mesh.image" -}}
{{- $global := .root.Values.global -}}
{{- if contains "/" .name -}}
{{ .name }}
{{- else -}}
{{ $global.hub }}/{{ .name }}:{{ $global.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* Of a container that writes into emptyDirs only. Takes nothing. */}}
{{- define "mesh.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Takes uid. */}}
{{- define "mesh.podSecurity" -}}
runAsUser: {{ .uid }}
runAsGroup: {{ .uid }}
fsGroup: {{ .uid }}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* Where pods may run. Takes root and settings. */}}
{{- define "mesh.placement" -}}
{{- $global := .root.Values.global -}}
{{- with $global.imagePullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- with .settings.priorityClassName | default $global.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .settings.nodeSelector | default $global.defaultNodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.tolerations | default $global.defaultTolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .settings.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Ready as the component says; alive as long as it takes connections. */}}
{{- define "mesh.probes" -}}
readinessProbe:
  httpGet: {path: /ready, port: 15014}
  periodSeconds: 2
  timeoutSeconds: 5
startupProbe:
  tcpSocket: {port: 15014}
  periodSeconds: 1
  failureThreshold: 120
livenessProbe:
  tcpSocket: {port: 15014}
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 4
{{- end -}}

{{/* Takes root and settings. */}}
{{- define "mesh.resources" -}}
resources:
  {{- toYaml (.settings.resources | default .root.Values.global.defaultResources) | nindent 2 }}
{{- end -}}

{{/* Environment that the user adds. Takes settings. */}}
{{- define "mesh.extraEnv" -}}
{{- range $name, $value := .settings.env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}
