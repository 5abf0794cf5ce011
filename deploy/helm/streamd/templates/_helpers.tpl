{{- define "streamd.labels" -}}
app.kubernetes.io/name: streamd
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
{{- define "streamd.secret" -}}
{{- if .Values.existingSecret }}{{ .Values.existingSecret }}{{ else }}{{ .Release.Name }}-streamd{{ end }}
{{- end }}
