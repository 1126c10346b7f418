"""Writes semantics.golden: what Python makes of the snippets in semantics.txt. Run: python3 semantics.py (3.8 or newer)."""
import types
import warnings

warnings.simplefilter('ignore')
text = ''.join(line for line in open('semantics.txt', encoding='utf-8') if not line.startswith('#'))
out = []
for snippet in text.split('---\n'):
    names = {}
    try:
        exec(snippet, names)
        out.append(''.join(f'{k} = {v!r}\n' for k, v in names.items() if not k.startswith('__') and not isinstance(v, types.ModuleType)))
    except Exception as e:
        out.append(f'refused: {type(e).__name__}\n')
    except SyntaxError:
        out.append('refused: SyntaxError\n')
open('semantics.golden', 'w', encoding='utf-8').write('---\n'.join(out))
