"""Writes small Parquet files as the hub has them, in the forms that PyArrow gives them.

Each has the same ten rows: an image of 1 x 1 pixel whose three values are 10·row, 10·row + 1 and 10·row + 2, and the label row % 3; the image of row 4
and the label of row 7 are null, except in required.parquet. Run in this folder with pyarrow 26.0.1: python make.py
"""
import json

import pyarrow as pa
import pyarrow.parquet as pq


def pixel(row):
    return b"P6 1 1 255\n" + bytes([10 * row, 10 * row + 1, 10 * row + 2])


N = 10
image = [None if i == 4 else {"bytes": pixel(i), "path": f"{i}.ppm"} for i in range(N)]
label = [None if i == 7 else i % 3 for i in range(N)]
kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
info = {"info": {"features": {"image": {"_type": "Image"}, "label": {"names": ["cat", "dog", "eel"], "_type": "ClassLabel"}}}}
table = pa.table({"image": pa.array(image, kind), "label": pa.array(label, pa.int64())}).replace_schema_metadata({"huggingface": json.dumps(info)})


def write(name, table=table, **options):
    pq.write_table(table, name, **{"row_group_size": 4, **options})


write("snappy.parquet")
write("plain.parquet", use_dictionary=False, compression="none", write_statistics=False)
write("zstd.parquet", compression="zstd", use_dictionary=["label"])
write("gzip.parquet", compression="gzip", data_page_version="2.0")
write("pages.parquet", use_dictionary=False, row_group_size=10, data_page_size=30, write_batch_size=1, data_page_version="2.0")
write("fallback.parquet", row_group_size=10, dictionary_pagesize_limit=40, data_page_size=20, write_batch_size=1)
write("brotli.parquet", compression="brotli")
flat = pa.table({"image": pa.array([pixel(i) for i in range(N)], pa.binary()), "label": pa.array([i % 3 for i in range(N)], pa.int32())},
                schema=pa.schema([pa.field("image", pa.binary(), nullable=False), pa.field("label", pa.int32(), nullable=False)]))
write("required.parquet", flat)
write("lists.parquet", pa.table({"image": pa.array([[pixel(0)]], pa.list_(pa.binary())), "label": pa.array([[1]], pa.list_(pa.int64()))}))
write("floats.parquet", pa.table({"image": pa.array([pixel(0)], pa.binary()), "label": pa.array([1.5], pa.float64())}))
