"""The floor: a stock Streamlit page, default settings, one slider, one plotly heatmap."""

import numpy as np
import plotly.express as px
import streamlit as st

size = st.slider("Size", 2, 40, 14)
st.plotly_chart(px.imshow(np.outer(np.arange(size), np.arange(size))))
