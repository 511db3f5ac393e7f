{{/* Mixer and the adapter beside it. Takes root, kind, adapter and settings. */}}
{{- define "mixer.containers" -}}
{{- $mixer := .root.Values.mixer -}}
- name: mixer
  image: {{ include "mesh.image" (dict "root" .root "name" $mixer.image) }}
  {{- with .root.Values.global.imagePullPolicy }}
  imagePullPolicy: {{ . }}
  {{- end }}
  args:
    - --in-cluster
    - --address=0.0.0.0:9091
    - --metrics-address=0.0.0.0:15014
    - --config-default-namespace={{ .root.Release.Namespace }}
    {{- with .adapter }}
    - --adapter={{ . }}=127.0.0.1:4101
    {{- end }}
  ports:
    - {name: grpc-mixer, containerPort: 9091}
    - {name: http-monitoring, containerPort: 15014}
  env:
    - name: POD_NAME
      valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}
    - name: POD_NAMESPACE
      valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.namespace}}
    - name: MESHWORK_LOG_LEVEL
      value: {{ $mixer.logLevel }}
    {{- include "mesh.extraEnv" . | nindent 4 }}
  {{- include "mesh.probes" . | nindent 2 }}
  {{- include "mesh.resources" . | nindent 2 }}
  securityContext:
    {{- include "mesh.containerSecurity" . | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
{{- with .adapter }}
- name: {{ . }}
  image: {{ include "mesh.image" (dict "root" $.root "name" $mixer.adapters.image) }}
  {{- with $.root.Values.global.imagePullPolicy }}
  imagePullPolicy: {{ . }}
  {{- end }}
  command: [/usr/local/bin/meshwork-adapter-{{ . }}]
  args:
    - --address=127.0.0.1:4101
    {{- if eq . "prometheus" }}
    - --metrics-address=0.0.0.0:42422
    {{- end }}
  {{- if eq . "prometheus" }}
  ports:
    - {name: prometheus, containerPort: 42422}
  {{- end }}
  resources:
    {{- toYaml $mixer.adapters.resources | nindent 4 }}
  securityContext:
    {{- include "mesh.containerSecurity" $ | nindent 4 }}
  volumeMounts:
    - {name: tmp, mountPath: /tmp}
{{- end }}
{{- end -}}
