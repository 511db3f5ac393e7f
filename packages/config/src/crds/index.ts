export { customResourceDefinitions, type CustomResourceDefinition } from './custom-resource-definition.ts'
export { editorSchemaFiles, type EditorSchema, type EditorSchemaFile } from './editor-schema.ts'
