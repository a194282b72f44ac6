// The exports of a module of the library, in Node or (as its text) in a page. The library brings the page's bindings along; nothing
// here calls them.
export async function instantiate(octets) {
  const module = await WebAssembly.compile(octets);
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = () => {
      throw new Error(`${name} is not there`);
    };
  }
  return (await WebAssembly.instantiate(module, imports)).exports;
}
