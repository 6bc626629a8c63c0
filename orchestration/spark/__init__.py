"""The other engine: reaching Spark, and bringing what it built into the warehouse that everything downstream reads."""
