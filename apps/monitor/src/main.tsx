import { render } from 'preact';
import { start } from './data/feed';
import { followAddress } from './data/route';
import { followTheme } from './data/theme';
import { App } from './app';
import './styles/theme.css';
import './styles/shell.css';
import './styles/parts.css';
import './styles/views.css';
import 'uplot/dist/uPlot.min.css';

followTheme();
followAddress();
start();
render(<App />, document.getElementById('page')!);
