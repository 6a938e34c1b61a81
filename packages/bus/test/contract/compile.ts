/** Compiles files that exist only in memory, beside these tests, and gives what a user's compiler would say. */
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const here = dirname(fileURLToPath(import.meta.url))
const base = join(here, '../../../../tsconfig.base.json')

export interface Compiled {
  /** One per diagnostic: `file:line` and the message with all its lines. */
  readonly errors: readonly { readonly at: string; readonly text: string; readonly lastLine: string }[]
  /** Emitted declarations by file name. */
  readonly declarations: Readonly<Record<string, string>>
  /** How often the checker instantiated a type: what `tsc --extendedDiagnostics` counts. */
  readonly instantiations: number
}

/** Keeps parsed files, so that a second compilation costs little more than its own checking. */
export function createCompiler(): (files: Readonly<Record<string, string>>) => Compiled {
  const parsed = new Map<string, ts.SourceFile | undefined>()
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(base, (path) => readFileSync(path, 'utf8')).config,
    ts.sys,
    here,
  )
  const settings: ts.CompilerOptions = {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    outDir: here,
  }
  return (files) => {
    const virtual = new Map(Object.entries(files).map(([name, text]) => [join(here, name), text]))
    const host = ts.createCompilerHost(settings)
    const { fileExists, readFile, getSourceFile } = host
    const declarations: Record<string, string> = {}
    host.fileExists = (path) => virtual.has(path) || fileExists(path)
    host.readFile = (path) => virtual.get(path) ?? readFile(path)
    host.getSourceFile = (path, version, ...rest) => {
      const text = virtual.get(path)
      if (text !== undefined) return ts.createSourceFile(path, text, version, true)
      if (!parsed.has(path)) parsed.set(path, getSourceFile(path, version, ...rest))
      return parsed.get(path)
    }
    host.writeFile = (path, text) => {
      declarations[basename(path)] = text
    }
    const program = ts.createProgram([...virtual.keys()], settings, host)
    const own = [...virtual.keys()].flatMap((path) => program.getSourceFile(path) ?? [])
    const diagnostics = own.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ])
    const instantiations = instantiationCount(program)
    for (const file of own) program.emit(file)
    return { errors: diagnostics.map(describe), declarations, instantiations }
  }
}

function describe(diagnostic: ts.Diagnostic) {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')
  const { file, start = 0 } = diagnostic
  const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1
  const name = file?.fileName.slice(here.length + 1) ?? ''
  return { at: `${name}:${line}`, text, lastLine: (text.split('\n').at(-1) ?? '').trim() }
}

/** Not part of the compiler's declared interface, hence read with care. */
function instantiationCount(program: object): number {
  if ('getInstantiationCount' in program && typeof program.getInstantiationCount === 'function') {
    const count: unknown = program.getInstantiationCount()
    if (typeof count === 'number') return count
  }
  throw new Error('this compiler does not count instantiations')
}
