{{- define "pilot.service" -}}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ include "pilot.name" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- merge (include "pilot.selector" . | fromYaml) (include "mesh.labels" (dict "root" . "component" "pilot") | fromYaml) | toYaml | nindent 4 }}
  {{- with .Values.pilot.serviceAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  selector:
    {{- include "pilot.selector" . | nindent 4 }}
  ports:
    {{- if .Values.pilot.plainTextXds }}
    - {name: grpc-xds, port: 15010, protocol: TCP, targetPort: 15010}
    {{- end }}
    - {name: https-dns, port: 15012, protocol: TCP, targetPort: 15012}
    - {name: https-webhook, port: 443, protocol: TCP, targetPort: 15017}
    - {name: http-monitoring, port: 15014, protocol: TCP, targetPort: 15014}
{{- end -}}
