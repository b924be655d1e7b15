// How lessons look in JupyterLab, where no setting says it. An extension written by hand, with no
// build: tools/my_lessons.py puts it into the environment. `load` in its package.json names this
// file; JupyterLab asks the object below for "./extension" and activates the plugin in it.
(() => {
  // Lines of prose of about 80 characters; tables, code and figures may use the whole column,
  // which holds code of 95 columns and is centered in a wide window.
  const style = `
    .jp-NotebookPanel .jp-MarkdownOutput > :is(p, ul, ol, blockquote, details) {
      max-width: 46em;
    }
    .jp-NotebookPanel .jp-WindowedPanel-viewport {
      padding-inline: max(var(--jp-notebook-padding), (100% - 1020px) / 2);
    }
    .jp-NotebookPanel .jp-RenderedText pre {
      overflow-wrap: break-word;
      word-break: normal;
    }
    .jp-NotebookPanel .jp-RenderedImage img,
    .jp-NotebookPanel .jp-MarkdownOutput img {
      max-width: 100%;
      height: auto;
    }
  `;
  const NARROW = 1300; // pixels: below, the list of files would take the lesson's room

  const plugin = {
    id: 'course-view:plugin',
    autoStart: true,
    activate: app => {
      const element = document.createElement('style');
      element.textContent = style;
      document.head.append(element);
      app.restored.then(() => {
        // Once per browser: whoever opens the list of files again wants it.
        const key = `course-view:${location.host}`;
        if (window.innerWidth >= NARROW || localStorage.getItem(key)) {
          return;
        }
        localStorage.setItem(key, 'seen');
        if (app.shell.collapseLeft) {
          app.shell.collapseLeft();
        }
      });
    }
  };

  const modules = { './extension': () => ({ __esModule: true, default: plugin }) };
  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB['course-view'] = {
    init: () => {},
    get: name => Promise.resolve(modules[name])
  };
})();
