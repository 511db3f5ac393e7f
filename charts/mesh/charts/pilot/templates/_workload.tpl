{{- define "pilot.workload" -}}
{{- $name := include "pilot.name" . -}}
{{ include "mesh.workload" (dict
  "root" . "component" "pilot" "name" $name "account" $name "settings" .Values.pilot "uid" 65532
  "selector" (include "pilot.selector" . | fromYaml)
  "containers" (include "pilot.container" .) "volumes" (include "pilot.volumes" .)) }}
{{- end -}}

{{- define "pilot.container" -}}
{{- $pilot := .Values.pilot -}}
- name: discovery
  image: {{ include "mesh.image" (dict "root" . "name" $pilot.image) }}
  {{- with .Values.global.imagePullPolicy }}
  imagePullPolicy: {{ . }}
  {{- end }}
  args:
    - --in-cluster
    - --mesh-config=/etc/istio/config/mesh
    - --mesh-networks=/etc/istio/config/meshNetworks
    {{- if .Values.sidecarInjectorWebhook.enabled }}
    - --injection-config=/etc/istio/inject
    {{- end }}
    {{- if $pilot.plainTextXds }}
    - --xds-address=0.0.0.0:15010
    {{- end }}
    - --secure-xds-address=0.0.0.0:15012
    - --webhook-address=0.0.0.0:15017
    - --http-address=0.0.0.0:15014
    - --ca-address=istio-citadel.{{ .Release.Namespace }}.svc:8060
    - --ca-root=/var/run/secrets/istio/root-cert.pem
    - --token-file=/var/run/secrets/tokens/istio-token
    - --domain={{ .Values.global.proxy.clusterDomain }}
    - --cluster-id={{ .Values.global.multiCluster.clusterName }}
    - --revision={{ include "mesh.revision" . }}
  ports:
    {{- if $pilot.plainTextXds }}
    - {name: grpc-xds, containerPort: 15010}
    {{- end }}
    - {name: https-xds, containerPort: 15012}
    - {name: webhooks, containerPort: 15017}
    - {name: http-monitoring, containerPort: 15014}
  env:
    - name: POD_NAME
      valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}
    - name: POD_NAMESPACE
      valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}
    - name: SERVICE_ACCOUNT
      valueFrom: {fieldRef: {apiVersion: v1, fieldPath: spec.serviceAccountName}}
    - name: MESHWORK_LOG_LEVEL
      value: {{ $pilot.logLevel }}
    {{- include "mesh.extraEnv" (dict "settings" $pilot) | nindent 4 }}
  {{- include "mesh.probes" . | nindent 2 }}
  {{- include "mesh.resources" (dict "root" . "settings" $pilot) | nindent 2 }}
  securityContext:
    {{- include "mesh.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: config, mountPath: /etc/istio/config, readOnly: true}
    {{- if .Values.sidecarInjectorWebhook.enabled }}
    - {name: inject, mountPath: /etc/istio/inject, readOnly: true}
    {{- end }}
    - {name: istio-token, mountPath: /var/run/secrets/tokens, readOnly: true}
    - {name: istiod-ca-cert, mountPath: /var/run/secrets/istio, readOnly: true}
    - {name: istio-data, mountPath: /var/lib/istio/data}
    - {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "pilot.volumes" -}}
{{- $suffix := include "mesh.suffix" . -}}
- name: config
  configMap: {name: istio{{ $suffix }}}
{{- if .Values.sidecarInjectorWebhook.enabled }}
- name: inject
  configMap: {name: istio-sidecar-injector{{ $suffix }}}
{{- end }}
- name: istio-token
  projected:
    sources:
      - serviceAccountToken: {audience: istio-ca, expirationSeconds: 43200, path: istio-token}
- name: istiod-ca-cert
  # Citadel writes it; the pod waits until it has.
  configMap: {name: istio-ca-root-cert}
- name: istio-data
  emptyDir: {}
- name: tmp
  emptyDir: {}
{{- end -}}
