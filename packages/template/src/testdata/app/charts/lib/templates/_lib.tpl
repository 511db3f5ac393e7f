{{- define "lib.only" }}lib-{{ .x }}{{ end }}
